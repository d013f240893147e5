"""Who really pays for the AI economy, as a calculation anyone can check and bend."""
