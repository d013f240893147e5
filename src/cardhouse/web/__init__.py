"""The same studies over HTTP: parse, call a study, serialise. Nothing below this room knows HTTP.

Nothing is imported here: `cardhouse.web.app` needs the extra ``web``.
"""
