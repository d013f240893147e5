"""Contrast is measured: every text against what lies behind it, drawn text too, in both schemes."""

from __future__ import annotations

from typing import Any

import pytest

VIEWS = ("flows", "who", "ledger", "fragility", "futures", "then", "claims", "facts", "compare")
LINK = "/?quarters=4&scenario=capital-freeze&set=interest_shift%3D1&pin=price-war"
TALL = 12_000
"""px: what lies behind a text is found only inside the window."""
MEASURE = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
    const rgba = text => {
        canvas.clearRect(0, 0, 1, 1)
        canvas.fillStyle = text
        canvas.fillRect(0, 0, 1, 1)
        const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data
        return [red, green, blue, alpha / 255]
    }
    const over = (top, ground) => [0, 1, 2].map(n => top[n] * top[3] + ground[n] * (1 - top[3]))
    const light = colour => {
        const part = colour.map(one => one / 255)
            .map(one => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2]
    }
    const ratio = (one, other) => {
        const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b)
        return (bright + 0.05) / (dark + 0.05)
    }
    const layer = element => {
        const style = getComputedStyle(element)
        const isShape = element instanceof SVGElement && !(element instanceof SVGSVGElement)
        if (!isShape) return rgba(style.backgroundColor)
        if (style.fill === 'none' || element.tagName === 'text') return [0, 0, 0, 0]
        const colour = rgba(style.fill)
        return [...colour.slice(0, 3), colour[3] * style.fillOpacity * style.opacity]
    }
    const behind = (element, x, y) => {
        const all = document.elementsFromPoint(x, y)
        const from = all.findIndex(one => one === element || one.contains(element))
        return all.slice(Math.max(0, from)).reverse().reduce(
            (ground, one) => one === element && one.tagName === 'text'
                ? ground : over(layer(one), ground), [255, 255, 255])
    }
    const bad = [], seen = new Set()
    let measured = 0
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const node = walker.currentNode, element = node.parentElement
        if (!node.data.trim() || !element.checkVisibility({visibilityProperty: true})) continue
        if (element.closest('.sr, .skip, :disabled, option, title, script, style')) continue
        const style = getComputedStyle(element), range = document.createRange()
        range.selectNodeContents(node)
        const box = range.getClientRects()[0]
        if (!box || box.width < 2 || box.bottom < 0 || box.top > innerHeight) continue
        const [x, y] = [box.left + Math.min(4, box.width / 2), box.top + box.height / 2]
        const drawn = element.closest('svg text')
        const frame = element.closest('.scroll')?.getBoundingClientRect()
        if (frame && (x > frame.right || y > frame.bottom)) continue
        const halo = drawn && style.stroke !== 'none' && style.paintOrder.startsWith('stroke')
        const ground = halo
            ? rgba(style.stroke).slice(0, 3) : behind(drawn ?? element, x, y)
        const found = ratio(over(rgba(drawn ? style.fill : style.color), ground), ground)
        const size = parseFloat(style.fontSize)
        const isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700
        measured += 1
        if (found >= (isLarge ? 3 : 4.5)) continue
        const what = `${found.toFixed(2)} ${element.tagName}.${element.className?.baseVal
            ?? element.className} ${node.data.trim().slice(0, 40)}`
        if (!seen.has(what)) bad.push(what)
        seen.add(what)
    }
    return {bad, measured}
}"""
CONTROLS = """() => {
    const canvas = document.createElement('canvas').getContext('2d')
    const probe = document.createElement('i')
    document.body.append(probe)
    const light = name => {
        probe.style.color = `var(${name})`
        canvas.fillStyle = getComputedStyle(probe).color
        canvas.fillRect(0, 0, 1, 1)
        const part = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(one => one / 255)
            .map(one => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2] + 0.05
    }
    const card = light('--card')
    const against = name => Math.max(light(name), card) / Math.min(light(name), card)
    const names = ['--accent', '--link', '--strong-line', '--red', '--users', '--investors',
        '--business', '--firm', '--outside', ...[1, 2, 3, 4, 5].map(n => `--tier-${n}`)]
    const told = Object.fromEntries(names.map(name => [name, against(name)]))
    probe.remove()
    return told
}"""


def _ready(opened: Any, view: str) -> None:
    opened.go(f"{LINK}#{view}")
    opened.page.wait_for_function("() => !document.querySelector('.waiting')", timeout=90_000)
    opened.page.eval_on_selector_all(
        "details.group, details.twin", "all => all.forEach(one => one.open = true)"
    )


@pytest.mark.parametrize("view", VIEWS)
def test_every_text_stands_out_in_both_schemes(opened: Any, view: str) -> None:
    page = opened.page
    page.set_viewport_size({"width": 1440, "height": TALL})
    _ready(opened, view)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(200)
        found = page.evaluate(MEASURE)
        assert found["measured"] > 60
        assert found["bad"] == [], scheme


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_that_tell_something_stand_out_from_a_card(opened: Any, scheme: str) -> None:
    """WCAG asks for 3 to 1 of controls and of what is drawn to be understood."""
    opened.page.emulate_media(color_scheme=scheme)
    _ready(opened, "flows")
    told = opened.page.evaluate(CONTROLS)
    assert {name: round(ratio, 2) for name, ratio in told.items() if ratio < 3} == {}


def test_what_is_paler_than_that_has_an_edge(opened: Any) -> None:
    _ready(opened, "fragility")
    edges = opened.page.eval_on_selector_all(
        "rect.state-active", "all => all.map(one => getComputedStyle(one).stroke)"
    )
    assert edges
    strong = opened.page.evaluate(
        """() => {
            const probe = document.body.appendChild(document.createElement('i'))
            probe.style.color = 'var(--strong-line)'
            return getComputedStyle(probe).color
        }"""
    )
    assert set(edges) == {strong}
