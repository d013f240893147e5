"""Facts out of SEC EDGAR: firms' figures, one quarter of all firms, segments out of filings."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from cardhouse.errors import LiveError, NotThereError
from cardhouse.facts.live import answers, sec
from cardhouse.facts.live.asked import (
    Filer,
    Pulled,
    Segment,
    Wanted,
    load_concepts,
    load_filers,
    load_segments,
)
from cardhouse.facts.live.fetch import Answer, Fetcher
from cardhouse.facts.live.filings import Figure, figures_of
from cardhouse.facts.live.hosts import Host, load_hosts
from cardhouse.facts.live.inline import Marked, marked_figures, of_member
from cardhouse.facts.live.proposals import filed_fact

FILINGS = 4
"""Newest reports of a firm that are read for its segments: a year of them."""
_QUARTER = re.compile(r"(\d{4})Q([1-4])")


def pull_sec(fetcher: Fetcher, wanted: Wanted) -> Pulled:
    """Return firms' figures out of companyfacts."""
    host, pulled = load_hosts()["sec_data"], Pulled()
    for filer in _filers(wanted):
        path = f"/api/xbrl/companyfacts/CIK{filer.cik:010d}.json"
        try:
            read = partial(sec.companyfacts, cik=filer.cik)
            answer = fetcher.get(host, path, answers.JSON, read)
        except NotThereError as error:
            pulled.gaps.append(f"{filer.entity}: {error}")
            continue
        pulled.asked.append(answer)
        for concept in load_concepts():
            if concept.is_asked_of(filer.entity):
                figures = _preferred([figures_of(answer.told.get(tag, [])) for tag in concept.tags])
                _take(pulled, figures, wanted, filer, concept.metric, filer.entity, answer)
    return pulled


SEC_SOURCE = {
    "sec": "SEC EDGAR, companyfacts",
    "frames": "SEC EDGAR, frames",
    "segments": "SEC EDGAR, inline XBRL of the filing",
}


def _filers(wanted: Wanted) -> list[Filer]:
    return [one for one in load_filers().values() if wanted.takes(one.entity)]


def _preferred(by_tag: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Return each period's figure by the first tag that tells it, filed ones before differences."""
    best: dict[tuple[dt.date | None, dt.date], tuple[tuple[bool, int], Figure]] = {}
    for rank, figures in enumerate(by_tag):
        for one in figures:
            place = (one.derived, rank)
            period = (one.start, one.end)
            if period not in best or place < best[period][0]:
                best[period] = (place, one)
    return [best[period][1] for period in sorted(best, key=lambda one: (one[1], one[0] or one[1]))]


def _take(
    pulled: Pulled,
    figures: Sequence[Figure],
    wanted: Wanted,
    filer: Filer,
    metric: str,
    entity: str,
    answer: Answer[Any],
    service: str = "sec",
) -> None:
    """Add the facts of figures, or the gap."""
    recent = [one for one in figures if one.end >= wanted.since]
    if not recent:
        pulled.gaps.append(f"{entity} {metric}: no figure since {wanted.since}")
    pulled.facts += [
        filed_fact(
            one, entity=entity, metric=metric, source=SEC_SOURCE[service], cik=filer.cik,
            fetched=answer.fetched,
        )
        for one in recent
    ]  # fmt: skip


def pull_frames(fetcher: Fetcher, wanted: Wanted) -> Pulled:
    """Return one quarter of all firms out of frames: one request a tag, no day of filing."""
    match = _QUARTER.fullmatch(wanted.quarter)
    if match is None:
        raise LiveError(
            f"frames are of one quarter, and --quarter is '{wanted.quarter[:20]}'. Write it like "
            "2026Q1."
        )
    host, pulled = load_hosts()["sec_data"], Pulled()
    filers = _filers(wanted)
    for concept in load_concepts():
        told: dict[int, Figure] = {}
        last: Answer[list[sec.Framed]] | None = None
        for tag in concept.tags:
            name = f"{tag}/USD/CY{match[1]}Q{match[2]}{'' if concept.is_flow else 'I'}"
            try:
                path = f"/api/xbrl/frames/us-gaap/{name}.json"
                last = fetcher.get(host, path, answers.JSON, partial(sec.frame, name=name))
            except NotThereError:
                continue  # nobody used this tag for the quarter; another one is asked for next
            pulled.asked.append(last)
            for framed in last.told:
                one = framed.filed
                figure = Figure(one.start, one.end, one.value, derived=False, sources=(one,))
                told.setdefault(framed.cik, figure)
        for filer in filers:
            if not concept.is_asked_of(filer.entity):
                continue
            figures = [told[filer.cik]] if filer.cik in told else []
            if last is None or not figures:
                pulled.gaps.append(f"{filer.entity} {concept.metric}: none in {wanted.quarter}")
            else:
                entity = filer.entity
                _take(pulled, figures, wanted, filer, concept.metric, entity, last, "frames")
    return pulled


def pull_segments(fetcher: Fetcher, wanted: Wanted) -> Pulled:
    """Return segments' figures out of firms' newest reports."""
    hosts, pulled = load_hosts(), Pulled()
    for filer in load_filers().values():
        segments = [
            one for one in load_segments() if one.filer == filer.entity and wanted.takes(one.entity)
        ]
        if not segments:
            continue
        path = f"/submissions/CIK{filer.cik:010d}.json"
        read = partial(sec.filings, cik=filer.cik)
        listed = fetcher.get(hosts["sec_data"], path, answers.JSON, read)
        pulled.asked.append(listed)
        reports = listed.told[:FILINGS]
        documents = list(
            _documents(fetcher, hosts["sec_archive"], filer, reports, segments, pulled)
        )
        for segment in segments:
            filed = [
                one
                for report, marked in documents
                for one in of_member(marked, report, segment.tags, segment.axis, segment.members)
            ]
            entity = segment.entity
            figures = figures_of(filed)
            _take(pulled, figures, wanted, filer, segment.metric, entity, listed, "segments")
    return pulled


def _documents(
    fetcher: Fetcher,
    host: Host,
    filer: Filer,
    reports: Sequence[sec.Filing],
    segments: Sequence[Segment],
    pulled: Pulled,
) -> Iterator[tuple[sec.Filing, list[Marked]]]:
    tags = sorted({tag for one in segments for tag in one.tags})
    for report in reports:
        folder = report.accession.replace("-", "")
        path = f"/Archives/edgar/data/{filer.cik}/{folder}/{report.document}"
        where = f"{filer.entity}'s {report.form} of {report.filed}"
        read = partial(marked_figures, where=where, tags=tags)
        answer = fetcher.get(host, path, answers.INLINE, read)
        pulled.asked.append(answer)
        yield report, answer.told
