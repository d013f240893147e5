"""Economies of one's own: a new folder runs at once, nothing is overwritten, mistakes are told."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.accounts import known_economies, open_world, read_definition
from cardhouse.accounts.definition import OPTIONAL, TABLES
from cardhouse.accounts.own_facts import facts_of
from cardhouse.errors import EconomyError, FactError, InputError
from cardhouse.facts import COLUMNS, REPLACES
from cardhouse.model.vocabulary import ContractKind
from cardhouse.studies.check_files import check_figures, check_file, try_expectations
from cardhouse.studies.column_words import FACT_COLUMNS, columns_text, facts_text, kinds_text
from cardhouse.studies.expectations import unmet_expectations
from cardhouse.studies.new_files import make_folder, scenario_id
from cardhouse.studies.run import run_study
from cardhouse.studies.scenario_files import expectations, load_scenario

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "own_economy.md"
NAMES = ["my-chain", "my chain", "Мой chain", "危机", "a, \"b\" & 'c'", "@TITLE@ <b>"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "mine").folder


class TestNewEconomy:
    @pytest.mark.parametrize("name", NAMES)
    def test_checks_and_runs_under_any_name(self, tmp_path: Path, name: str) -> None:
        made = make_folder(tmp_path / name)
        assert check_file(made.folder) == []
        found = run_study(economy=str(made.folder), quarters=2).document
        assert found["manifest"]["economy"] == found["manifest"]["economy_title"] == name
        assert found["claims"] == []
        assert found["checks"]["money_residual_max"] < 1e-9
        assert found["checks"]["accounts_residual_max"] < 1e-9

    def test_holds_every_table_and_tells_every_column(self, folder: Path) -> None:
        files = {path.name for path in folder.iterdir()}
        assert set(TABLES) - set(OPTIONAL) <= files
        told = (folder / "README.md").read_text("utf-8")
        assert "@" not in re.sub(r"`[^`]*`", "", told)
        assert columns_text() in told
        assert kinds_text() in told
        assert facts_text() in told

    def test_says_that_its_figures_are_made_up(self, folder: Path) -> None:
        assert "made up" in open_world(str(folder)).about.caution
        assert all("made up" in fact.source for fact in facts_of(read_definition(str(folder))))

    def test_its_scenario_does_what_its_author_expects(self, folder: Path) -> None:
        path = folder / "hard-times.yaml"
        usual = run_study(economy=str(folder), quarters=12).document
        found = run_study(economy=str(folder), scenarios=[str(path)], quarters=12).document
        assert found["manifest"]["idle_levers"] == []
        assert usual["fragility"]["defaults"] == []
        assert {"shop", "supplier"} == {one["entity"] for one in found["fragility"]["defaults"]}
        assert unmet_expectations(found, usual, expectations(path, "2025Q2")) == []

    def test_next_commands_name_what_is_there(self, tmp_path: Path) -> None:
        made = make_folder(tmp_path / "two words")
        assert made.next[0] == f"cardhouse check '{made.folder}'"
        assert all((made.folder / name).is_file() for name in made.files)

    def test_an_empty_folder_is_filled_where_it_stands(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        before = (tmp_path / "empty").stat().st_ino
        made = make_folder(tmp_path / "empty")
        assert made.folder.stat().st_ino == before
        assert {path.name for path in made.folder.iterdir()} == set(made.files)

    def test_folders_above_are_made(self, tmp_path: Path) -> None:
        assert check_file(make_folder(tmp_path / "a" / "b").folder) == []


class TestNewScenario:
    @pytest.mark.parametrize("name", NAMES)
    def test_checks_and_loads_under_any_name(self, tmp_path: Path, name: str) -> None:
        made = make_folder(tmp_path / name, "scenario")
        assert check_file(made.folder) == []
        scenario = load_scenario(made.folder / "scenario.yaml", "2025Q2")
        assert scenario.id == scenario_id(name)
        assert scenario.shocks

    @given(st.text(max_size=120))
    def test_any_name_gives_an_id(self, name: str) -> None:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", scenario_id(name))
        assert len(scenario_id(name)) <= 80


class TestRefused:
    @pytest.mark.parametrize("kind", ["economy", "scenario"])
    def test_a_folder_that_holds_something_stays_as_it_is(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "letter.txt").write_text("dear", "utf-8")
        with pytest.raises(InputError, match="is not empty; nothing was written"):
            make_folder(tmp_path / "mine", kind)
        assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
        assert [path.name for path in tmp_path.iterdir()] == ["mine"]

    def test_a_second_time(self, folder: Path) -> None:
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(InputError, match="is not empty"):
            make_folder(folder)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("", "utf-8")
        with pytest.raises(InputError, match="exists and is no folder"):
            make_folder(tmp_path / "mine")

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("", "utf-8")
        with pytest.raises(InputError, match="Name another folder"):
            make_folder(tmp_path / "file" / "mine")

    def test_a_disk_that_fails_leaves_nothing_half_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "mine").mkdir()
        rename, done = Path.rename, []

        def failing(path: Path, target: Path) -> Path:
            if len(done) == 3:
                raise OSError(28, "No space left on device")
            done.append(target)
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", failing)
        with pytest.raises(InputError, match="No space left"):
            make_folder(tmp_path / "mine")
        assert len(done) == 3
        assert list((tmp_path / "mine").iterdir()) == []

    @pytest.mark.parametrize("economy", known_economies())
    def test_the_name_of_a_shipped_economy(self, tmp_path: Path, economy: str) -> None:
        with pytest.raises(InputError, match="name of a shipped economy"):
            make_folder(tmp_path / economy)

    def test_a_name_that_cannot_be_seen(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="cannot be seen"):
            make_folder(tmp_path / "a\nb")

    def test_a_kind_that_is_not_known(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="Did you mean 'economy'"):
            make_folder(tmp_path / "mine", "economi")
        assert list(tmp_path.iterdir()) == []


class TestColumnWords:
    def test_tell_every_column_but_the_note(self) -> None:
        with (ROOT / "src/cardhouse/accounts/columns.csv").open(encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f))
        wanted = [(table, one) for table, ones in TABLES.items() for one in ones if one != "note"]
        assert [(row["table"], row["column"]) for row in rows] == wanted
        assert all(row["words"] for row in rows)

    def test_tell_every_kind_of_contract(self) -> None:
        assert all(f"| `{kind.value}` |" in kinds_text() for kind in ContractKind)

    def test_tell_every_column_of_facts(self) -> None:
        assert tuple(FACT_COLUMNS) == (*COLUMNS, REPLACES)


def edit(path: Path, right: str, wrong: str) -> None:
    text = path.read_text("utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), "utf-8")


PROGRAM = "program,shop,other_suppliers,,0.04,0.02,,"
OTHER_CASH = (
    "other_cash_to_shop_other_cash,other_cash,other_cash,shop,,0,0.02,,,what the rows above "
    "leave over\n"
)
COMMITMENT = "552631fa02,shop_to_other_suppliers_program,firm,,,\n"
EVENT = "  - {event: default, entity: shopp,"


class TestChecked:
    @pytest.mark.parametrize(
        ("file", "right", "wrong", "said"),
        [
            ("about.csv", "subject,", "subjct,", "Did you mean 'subject'"),
            ("about.csv", "facts,facts.csv", "facts,fact.csv", "neither a shipped table nor"),
            ("facts.csv", ",shop,shops,", ",shp,shops,", "entity 'shp' is not known"),
            ("facts.csv", '"made up, to start from"', "", "source is empty"),
            ("observations.csv", "revenue(shop)", "revenue(shp)", "no entity 'shp'"),
            ("observations.csv", "flow,shop,revenue", "flow,shop,cash_burn", "shop have none"),
            ("entities.csv", "outside,,,labour,", "outside,,,wages,", "labelled 'labour'"),
            ("entities.csv", "shop_sales,", "shop_sale,", "'shop_sales'"),
            ("lines.csv", "shop_sales,app,", "shop_sales,app,,", "the row has 17 cells, and the"),
            ("firms.csv", "shop,venture,yes,", "shop,venture,", "header 16 columns"),
            ("contracts.csv", "supplier_work,,0.35,", "supplier_work,,-0.35,", "prior is -0.35"),
            ("positions.csv", "cash:shop,0.35,", "cash:shop,-0.35,", "never be below zero"),
            ("contracts.csv", OTHER_CASH, "", "firm 'shop' has no row of kind other_cash"),
            ("contracts.csv", PROGRAM, f"{PROGRAM}commit_quarters=8", "nothing is committed"),
            (
                "commitments.csv",
                "note\n",
                f"note\n{COMMITMENT.replace('2', '3')}",
                "there is no fact '553631fa03'. Did you mean '552631fa02'",
            ),
            ("hard-times.yaml", "venture_supply", "venture_suply", "Did you mean 'venture_supply'"),
            ("hard-times.yaml", "  # - {event: default, entity: shop,", EVENT, "names 'shopp'"),
        ],
    )
    def test_one_mistake_gets_one_sentence_that_names_the_place(
        self, folder: Path, file: str, right: str, wrong: str, said: str
    ) -> None:
        edit(folder / file, right, wrong)
        (problem,) = check_file(folder)
        assert said in problem
        assert str(folder) in problem

    def test_a_table_of_it_is_checked_with_the_others(self, folder: Path) -> None:
        assert check_file(folder / "lines.csv") == []
        edit(folder / "lines.csv", "shop_sales,app,yes", "shop_sales,app,maybe")
        assert "'maybe'. Use yes or no" in check_file(folder / "lines.csv")[0]

    def test_a_guess_that_had_to_move_far_is_told_and_not_refused(self, folder: Path) -> None:
        assert check_figures(folder) == []
        edit(folder / "contracts.csv", "shop_sales,,0.5,0.05,", "shop_sales,,50,0.5,")
        assert check_file(folder) == []
        fact, guess = check_figures(folder)
        assert fact.startswith(f"{folder / 'facts.csv'}:")
        assert "Shop revenue is 0.5 by it" in fact
        assert guess.startswith("contracts.csv:2: the guess of customers_to_shop_sales_sale is 50")
        assert "accounts settle at" in guess

    def test_an_own_fact_many_times_off_is_told(self, folder: Path) -> None:
        edit(folder / "facts.csv", ",0.5,0.47,0.53,", ",500,,,")
        told = check_figures(folder / "facts.csv")
        assert any("says 500 usd_bn" in one and "sd away" in one for one in told)

    def test_a_commitment_is_spread_as_its_terms_say(self, folder: Path) -> None:
        edit(folder / "contracts.csv", PROGRAM, f"{PROGRAM}commit_quarters=8")
        edit(folder / "commitments.csv", "note\n", f"note\n{COMMITMENT}")
        assert check_file(folder) == []
        bound = [one for one in open_world(str(folder)).contracts if one.committed > 0]
        assert [(one.payer, one.committed) for one in bound] == [("shop", 1.3)]

    def test_its_scenario_is_tried_on_it(self, folder: Path) -> None:
        path = folder / "hard-times.yaml"
        assert check_file(path) == []
        (one,) = try_expectations(path)
        assert one.is_met
        assert one.words.endswith("in the baseline: down, as expected.")
        edit(path, "direction: down", "direction: up")
        assert [one.is_met for one in try_expectations(folder)] == [False]

    def test_its_facts_may_be_about_its_own_entities(self, folder: Path) -> None:
        assert check_file(folder / "facts.csv") == []
        alone = folder.parent / "facts.csv"
        alone.write_bytes((folder / "facts.csv").read_bytes())
        assert any("entity 'shop' is not known" in one for one in check_file(alone))

    def test_a_folder_without_files_to_check_says_so(self, tmp_path: Path) -> None:
        assert "holds no scenario" in check_file(tmp_path)[0]


class TestOwnFacts:
    def test_a_table_outside_the_folder_is_refused(self, folder: Path) -> None:
        edit(folder / "about.csv", "facts,facts.csv", "facts,../facts.csv")
        (folder.parent / "facts.csv").write_bytes((folder / "facts.csv").read_bytes())
        with pytest.raises(EconomyError, match="neither a shipped table nor a file"):
            open_world(str(folder))

    def test_move_the_accounts_and_are_not_taken_from_a_cache(self, folder: Path) -> None:
        def cash() -> float:
            return next(one.cash for one in open_world(str(folder)).firms if one.id == "shop")

        before = cash()
        edit(folder / "facts.csv", ",0.35,0.33,0.37,", ",0.5,0.49,0.51,")
        assert cash() > before + 0.05

    def test_more_can_be_laid_over_for_a_run(self, folder: Path, tmp_path: Path) -> None:
        header, first, *_ = (folder / "facts.csv").read_text("utf-8").splitlines()
        row = first.replace("made up, to start from", "another").replace("0.5,0.47,0.53", "0.6,,")
        (tmp_path / "more.csv").write_text(f"{header}\n{row}\n", "utf-8")
        table = facts_of(read_definition(str(folder)), [tmp_path / "more.csv"])
        assert len(table.find("shop", "revenue")) == 2
        with pytest.raises(FactError, match="entity 'shop' is not known"):
            facts_of(read_definition("ai"), [tmp_path / "more.csv"])


class TestGuide:
    """``docs/own_economy.md`` is followed row by row."""

    BLOCK = re.compile(r"^`([a-z]+\.csv)`\n\n```text\n(.*?)```$", re.MULTILINE | re.DOTALL)

    def test_its_rows_make_a_chain_with_a_rival(self, folder: Path) -> None:
        blocks = self.BLOCK.findall(GUIDE.read_text("utf-8"))
        assert len(blocks) == 7
        for name, rows in blocks:
            with (folder / name).open("a", encoding="utf-8") as table:
                table.write(rows)
        assert check_file(folder) == []
        found = run_study(economy=str(folder), quarters=4).document
        assert "rival" in {one["id"] for one in found["entities"]}
        told = {one["what"]: abs(one["in_sd"]) for one in found["accounts"]["moves"]}
        assert told["Supplier revenue"] > 0.2
        assert "Rival revenue" in told
