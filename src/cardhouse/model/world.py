"""A world: one balanced opening position and the contracts along which its money moves.

Everything here is a frozen value: built by ``accounts`` (or by a test's generator), read by
``engine``. Amounts are USD billion in the base quarter, rates per quarter, shares in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cardhouse.model.vocabulary import ContractKind, EntityKind


@dataclass(frozen=True)
class Entity:
    """Anything with a purse, a profit-and-loss account, or the role of an outside account.

    ``parent`` is the firm of a division, or the firm or division of a line. ``label`` is what
    levers select pools and outside accounts by (``venture``, ``bonds`` ...).
    """

    id: str
    name: str
    kind: EntityKind
    tier: str
    market: str = ""
    parent: str = ""
    label: str = ""
    core: bool = False


@dataclass(frozen=True)
class PlantPart:
    """One kind of plant in a line's mix: its share of capex, its life and its lead time.

    ``ages_fast`` marks what loses value as newer plant does more per dollar (accelerators); halls
    and power do not.
    """

    kind: str
    share: float
    life_quarters: float
    lead_quarters: int
    ages_fast: bool = False


@dataclass(frozen=True)
class Plant:
    """Plant of a capacity owner: gross at historical cost, and what a unit of capacity costs.

    ``parts`` splits it by kind (accelerators, network, building, power); without parts all plant
    has one life and one lead time.

    ``capital_intensity`` (kappa) is USD of growth capex per USD of quarterly volume capacity.
    ``orders_under_way`` is the capacity (units of volume) ordered before the base quarter and not
    yet in service; what the base quarter itself ordered beyond replacement is added to it.
    ``plan_growth`` is the opening growth a quarter of capex; ``guidance`` replaces it in quarters
    1, 2 ... where the firm has published what it will spend.
    """

    gross: float
    net: float
    depreciation: float
    life_quarters: float = 24.0
    lead_quarters: int = 3
    capital_intensity: float = 6.0
    target_utilisation: float = 0.8
    orders_under_way: float = 0.0
    plan_growth: float = 0.0
    guidance: tuple[float, ...] = ()
    parts: tuple[PlantPart, ...] = ()


@dataclass(frozen=True)
class Line:
    """The unit with price and volume. ``product`` is what price levers select by."""

    id: str
    product: str
    is_ai: bool = True
    price_follows_cost: bool = True
    fixed_pass_through: float = 0.0
    opening_growth: float = 0.0
    plant: Plant | None = None


@dataclass(frozen=True)
class Firm:
    """A purse at the end of the base quarter, and how it behaves with money.

    ``runway_target_quarters`` (tau) and ``cash_per_capex`` (kappa_c) are solved from opening cash
    when None. ``access`` lists the pools, and the strategic investors, that a firm may ask.
    ``stock_pay`` is the quarter's cost paid in shares: a cost, never a flow. ``strategic_share``
    is the share of its surplus that a firm may place as strategic money, at most
    ``strategic_of_revenue`` times its own revenue, and in one firm at most
    ``strategic_of_purchases`` times what that firm buys from it in the quarter, or what it gave it
    in the base quarter. ``on_default`` is ``liquidate`` or
    ``restructure``; ``rescuers`` are firms that may keep it alive. ``receivables``, ``payables``
    and ``deferred_revenue`` stand on the opening balance sheet alone.
    """

    id: str
    cash: float
    access: tuple[str, ...] = ()
    venture_funded: bool = False
    runway_target_quarters: float | None = None
    cash_floor: float = 0.0
    cash_per_capex: float | None = None
    stock_pay: float = 0.0
    other_growth: float = 0.0
    other_beta: float = 0.0
    payout_growth: float = 0.0
    strategic_share: float = 0.0
    strategic_of_revenue: float = float("inf")
    strategic_of_purchases: float = float("inf")
    on_default: str = "liquidate"
    rescuers: tuple[str, ...] = ()
    other_assets: float = 0.0
    receivables: float = 0.0
    payables: float = 0.0
    deferred_revenue: float = 0.0


@dataclass(frozen=True)
class Pool:
    """An account of the outside capital markets: its instrument, its terms and its limits.

    ``instrument`` is ``equity``, ``debt`` or ``lease``: a lessor pays suppliers for plant in its
    lessee's place. A pool gives nothing new while confidence is under ``closes_below``.
    ``seniority`` is the class in settlement: 1 secured up to collateral, 2 trade and bonds,
    3 subordinated. ``growth`` and ``half_life`` describe the trend of its supply to the firms.
    """

    id: str
    instrument: str
    rate: float = 0.0
    maturity_quarters: float = 20.0
    seniority: int = 2
    growth: float = 0.0
    half_life: float = 8.0
    base_supply: float | None = None
    asset_leverage: float = 0.8
    income_leverage: float = 6.0
    closes_below: float = 0.0


@dataclass(frozen=True)
class Debt:
    """Debt of a firm to a pool at the end of the base quarter.

    It is repaid at 1/``maturity_quarters`` of what is left each quarter, or, as a ``bullet``, in
    one sum after that many quarters. ``seniority`` 0 is the pool's. ``collateral`` names the line
    whose plant secures it; without a name all that the firm owns does.
    """

    firm: str
    pool: str
    amount: float
    rate: float
    maturity_quarters: float
    bullet: bool = False
    seniority: int = 0
    collateral: str = ""


@dataclass(frozen=True)
class Round:
    """A signed round of equity: pays at its date if the condition holds, before pools are asked.

    ``investor`` is a pool or a firm (strategic, paid from its purse). A letter of intent has
    ``probability`` below one half and pays ``probability`` of its amount in a deterministic run.
    ``condition`` is empty or compares the firm's last quarter with a number: ``revenue >= 1.5``
    (also ``growth``, ``cash``, ``stress``, ``confidence``; ``>=`` or ``<=``). ``earmark`` names the
    line that the money must be spent at in the same quarter (compute in kind).
    """

    id: str
    investor: str
    firm: str
    amount: float
    quarter: int
    probability: float = 1.0
    condition: str = ""
    facts: tuple[str, ...] = ()
    earmark: str = ""


@dataclass(frozen=True)
class Population:
    """A firm that stands for many: how its members differ, and how many they are.

    ``size_spread`` is the sd of the log of members' revenue, ``margin_sd`` the sd of a member's
    costs per unit around the whole's (share), ``runway_spread`` the sd of the log of cash over
    costs, ``growth_sd`` the sd of opening growth (rate a quarter).
    """

    firm: str
    count: int
    size_spread: float = 1.5
    margin_sd: float = 0.15
    runway_spread: float = 0.7
    growth_sd: float = 0.1


@dataclass(frozen=True)
class Stake:
    """Equity of one firm in another at the end of the base quarter, at cost."""

    investor: str
    firm: str
    cost: float


@dataclass(frozen=True)
class Contract:
    """A flow of the base quarter and the terms by which it goes on.

    ``amount`` is what was PAID in the base quarter; ``committed`` what the payer is bound to pay
    over the contract's life beyond it: the most of a credit line, a guarantee or a buy-back.
    ``party`` is the debtor of a guarantee. ``estimated`` marks a flow that no fact covers.
    """

    kind: ContractKind
    payer: str
    payee: str
    amount: float
    terms: Mapping[str, float] = field(default_factory=dict)
    committed: float = 0.0
    estimated: bool = False
    facts: tuple[str, ...] = ()
    sd: float = 0.0
    party: str = ""


@dataclass(frozen=True)
class Move:
    """What balancing did to one fact: its value, the balanced value, the move in sd, and why.

    ``cause`` tells in words what clashes; it is written down for large moves alone.
    """

    fact: str
    what: str
    observed: float
    balanced: float
    sd: float
    cause: str = ""

    @property
    def in_sd(self) -> float:
        """Return the move in standard deviations of the fact."""
        return (self.balanced - self.observed) / self.sd if self.sd > 0 else 0.0


@dataclass(frozen=True)
class About:
    """What an economy is called in sentences; no number hangs on it.

    ``subject`` names its business, that of the lines marked ``is_ai``: "AI" where it is; empty:
    no name of its own. ``caution`` is a sentence that everything shown of the economy repeats.
    """

    title: str = ""
    subject: str = ""
    caution: str = ""

    @property
    def business(self) -> str:
        """Return what the business is called in a sentence."""
        return f"the {self.subject} business" if self.subject else "the chain's own business"


@dataclass(frozen=True, repr=False)
class World:
    """One economy at the end of its base quarter: entities, contracts and positions.

    ``residual`` is the largest violation of an accounting identity, relative to turnover.
    ``populations`` are firms that stand for many; in an expanded world ``members`` maps each member
    firm to the population it belongs to. ``moves`` lists what balancing did to each fact.
    """

    economy: str
    base: str
    as_of: str
    entities: tuple[Entity, ...]
    lines: tuple[Line, ...]
    firms: tuple[Firm, ...]
    pools: tuple[Pool, ...]
    contracts: tuple[Contract, ...]
    debts: tuple[Debt, ...] = ()
    rounds: tuple[Round, ...] = ()
    stakes: tuple[Stake, ...] = ()
    populations: tuple[Population, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    residual: float = 0.0
    facts_version: str = ""
    facts_digest: str = ""
    about: About = field(default_factory=About)

    def __repr__(self) -> str:
        """Say which economy it is and how large, in one line."""
        return (
            f"World({self.economy}, {self.base}, known on {self.as_of}: {len(self.firms)} firms, "
            f"{len(self.pools)} pools, {len(self.contracts)} contracts)"
        )

    def entity(self, entity_id: str) -> Entity:
        """Return the entity with this id; raises KeyError when there is none."""
        return self.by_id[entity_id]

    @cached_property
    def by_id(self) -> dict[str, Entity]:
        """Return entities by id."""
        return {entity.id: entity for entity in self.entities}

    def of_kind(self, kind: EntityKind) -> tuple[Entity, ...]:
        """Return the entities of one kind, in the world's order."""
        return tuple(entity for entity in self.entities if entity.kind == kind)

    def contracts_of(self, kind: ContractKind) -> Iterator[Contract]:
        """Yield the contracts of one kind, in the world's order."""
        return (contract for _, contract in self.placed_contracts_of(kind))

    def placed_contracts_of(self, kind: ContractKind) -> Sequence[tuple[int, Contract]]:
        """Return the contracts of one kind with their places in the world, in its order."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> Mapping[ContractKind, Sequence[tuple[int, Contract]]]:
        found: dict[ContractKind, list[tuple[int, Contract]]] = {}
        for place, contract in enumerate(self.contracts):
            found.setdefault(contract.kind, []).append((place, contract))
        return found

    def purse_of(self, entity_id: str) -> str:
        """Return the id of the firm whose purse pays for this line, division or firm.

        Segments, pools and outside accounts are their own purse.
        """
        entity = self.by_id[entity_id]
        while entity.parent and entity.kind in (EntityKind.LINE, EntityKind.DIVISION):
            entity = self.by_id[entity.parent]
        return entity.id
