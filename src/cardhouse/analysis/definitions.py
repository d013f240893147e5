"""One sentence under several definitions: what each says, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping

from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, UNDETERMINED, Figure, Finding


def by_definition(found: Mapping[str, Finding]) -> Finding:
    """Return one finding from several: it holds, or fails, where all definitions agree.

    Definitions that decide nothing are told and do not count. Where those that decide differ, the
    sentence holds in part. Figures and evidence of all stand in it, each once.

    Examples
    --------
    >>> by_definition(
    ...     {"a": Finding(HOLDS), "b": Finding(FAILS), "c": Finding(UNDETERMINED)}
    ... ).verdict
    'in_part'
    """
    verdicts = {one.verdict for one in found.values()} - {UNDETERMINED}
    verdict = verdicts.pop() if len(verdicts) == 1 else IN_PART if verdicts else UNDETERMINED
    figures: dict[Figure, None] = {}
    for one in found.values():
        figures |= dict.fromkeys(one.figures)
    return Finding(
        verdict,
        tuple(figures),
        tuple(dict.fromkeys(text for one in found.values() for text in one.supports)),
        tuple(dict.fromkeys(text for one in found.values() for text in one.opposes)),
        tuple((words, one.verdict) for words, one in found.items()),
    )


def holds_if(told: bool, supports: str, opposes: str, *figures: Figure) -> Finding:
    """Return a finding with one sentence, on the side that `told` says.

    Examples
    --------
    >>> holds_if(False, "It is.", "It is not.").opposes
    ('It is not.',)
    """
    return Finding(
        HOLDS if told else FAILS,
        figures,
        (supports,) if told else (),
        () if told else (opposes,),
    )
