"""The same condition for the other side: above becomes below, 30 becomes 70, the upper band the lower."""

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.candles import ONE_SIDED, UNDECIDED
from backtest_engine.language.nodes import Joined, Moves, Node, Opposite, Returns, SidesDiffer, Wrapped, leaves
from backtest_engine.language.prices import RANGE
from backtest_engine.spec import FLIPPED, Arithmetic, Comparison, Cross, Indicator, Number, Operand, Price

OTHER_PRICE = {"high": "low", "low": "high"}
OTHER_NAME = {"highest": "lowest", "lowest": "highest", "plus_di": "minus_di", "minus_di": "plus_di"}
OTHER_OUTPUT = {"upper": "lower", "lower": "upper"}
# These measure strength, not direction: they are asked for the same way on both sides.
UNDIRECTED = frozenset(
    [
        "adx",
        "adxr",
        "dx",
        "atr",
        "natr",
        "true_range",
        "stddev",
        "variance",
        "volatility",
        "bollinger_bandwidth",
        "average_range",
        "relative_volume",
        "chaikin_volatility",
        "mass_index",
        "vhf",
        "efficiency_ratio",
    ]
)


class NoOpposite(Exception):
    """There is no telling what the other side's condition would be."""


def undirected(value: Operand) -> bool:
    """Whether a value says nothing about up or down."""
    if value == RANGE:
        return True
    match value:
        case Indicator():
            return value.name in UNDIRECTED | UNDECIDED or (value.source is not None and undirected(value.source))
        case Price():
            return value.field == "volume"
        case Arithmetic():
            parts = [part for part in (value.left, value.right) if not isinstance(part, Number)]
            return all(undirected(part) for part in parts)
    return False


def mirrored(node: Node) -> Node | None:
    """Return the condition for the other side, None where there is no telling."""
    try:
        return _mirrored(node)
    except NoOpposite:
        return None


def _mirrored(node: Node) -> Node | None:
    match node:
        case Comparison():
            return _comparison(node)
        case Cross():
            both = _operands(node.left, node.right)
            if both is None:
                return None
            return Cross(left=both[0], direction="below" if node.direction == "above" else "above", right=both[1])
        case Moves():
            both = _operands(node.left, node.right)
            if both is None:
                return None
            return Moves(both[0], "below" if node.direction == "above" else "above", both[1], node.words)
        case Joined():
            parts = tuple(part for part in map(_mirrored, node.parts) if part is not None)
            return Joined(node.word, parts) if len(parts) == len(node.parts) else None
        case Wrapped():
            inner = _mirrored(node.inner)
            return None if inner is None else Wrapped(node.kind, inner, node.bars)
        case SidesDiffer():
            return SidesDiffer(node.short, node.long)
        case Returns() if not isinstance(node.right, Number):
            return Returns(_operand(node.left), _operand(node.right))
    return node


def opposite_of(node: Node, side: str, wanted: Node) -> Node | None:
    """Return the opposite of the entry of a side: of all that it asks for, or of its one cross."""
    node = _sided(node, side)
    if isinstance(wanted, Opposite) and wanted.of == "cross":
        crosses = [part for part in leaves(node) if isinstance(part, Cross | Moves)]
        if len(crosses) != 1:
            return None
        node = crosses[0]
    return mirrored(node)


def _sided(node: Node, side: str) -> Node:
    """Return what a condition means for the entry of one side."""
    match node:
        case SidesDiffer():
            return _sided(node.long if side == "long" else node.short, side)
        case Joined():
            return Joined(node.word, tuple(_sided(part, side) for part in node.parts))
        case Wrapped():
            return Wrapped(node.kind, _sided(node.inner, side), node.bars)
    return node


def _comparison(node: Comparison) -> Node | None:
    plain = undirected(node.right) or isinstance(node.right, Number)
    if undirected(node.left) and plain:
        return node
    if isinstance(node.left, Arithmetic) and node.left.operator in "-/" and plain:
        return _of_arithmetic(node, node.left)
    both = _operands(node.left, node.right)
    if both is None:
        return None
    return Comparison(left=both[0], relation=FLIPPED[node.relation], right=both[1])


def _of_arithmetic(node: Comparison, left: Arithmetic) -> Comparison:
    """`close - low > ATR` becomes `high - close > ATR`; a place in the range is counted from its other end."""
    if left.operator == "-" and not isinstance(left.left, Number) and not isinstance(left.right, Number):
        turned = Arithmetic(operator="-", left=_operand(left.right), right=_operand(left.left))
        return node.model_copy(update={"left": turned})
    above_low = isinstance(left.left, Arithmetic) and left.left.right == RANGE.right
    if left.right != RANGE or not above_low or not isinstance(node.right, Number):
        raise NoOpposite  # a ratio
    level = Number(value=round(1 - node.right.value, 12))
    return node.model_copy(update={"relation": FLIPPED[node.relation], "right": level})


def _operands(left: Operand, right: Operand) -> tuple[Operand, Operand] | None:
    if {_name(left), _name(right)} in ({"plus_di", "minus_di"}, {"aroon"}):
        return left, right
    other_left, other_right = _operand(left), _operand(right)
    if isinstance(right, Number):
        level = _level(left, right.value)
        if level is None:
            return None
        other_right = Number(value=level)
    return other_left, other_right


def _name(value: Operand) -> str:
    return value.name if isinstance(value, Indicator) else ""


# The middle between the ends of what is drawn from 0 to 1, though it may leave them.
SHARES = frozenset(["bollinger_percent_b"])


def _level(value: Operand, level: float) -> float | None:
    if isinstance(value, Indicator):
        bounds = (0.0, 1.0) if value.name in SHARES else REGISTRY[value.name].value_range
        if bounds is not None and bounds[0] != -bounds[1]:
            return round(bounds[0] + bounds[1] - level, 12)
        return -level if level else 0.0
    if isinstance(value, Arithmetic) and value.operator == "/":
        raise NoOpposite
    return None if isinstance(value, Price) else -level


def _operand(value: Operand) -> Operand:
    match value:
        case Price():
            return value.model_copy(update={"field": OTHER_PRICE.get(value.field, value.field)})
        case Indicator():
            if value.name in ONE_SIDED or value.name == "aroon":
                raise NoOpposite
            source = _operand(value.source) if value.source is not None else None
            return value.model_copy(
                update={
                    "name": OTHER_NAME.get(value.name, value.name),
                    "output": OTHER_OUTPUT.get(value.output or "", value.output),
                    "source": source,
                }
            )
        case Arithmetic():
            return _arithmetic(value)
    return value


def _arithmetic(value: Arithmetic) -> Operand:
    # 2 % above becomes 2 % below; close + ATR becomes close - ATR.
    if value.operator == "*" and isinstance(value.left, Number) and not undirected(value.right):
        if value.left.value >= 2:
            raise NoOpposite
        return value.model_copy(
            update={"left": Number(value=round(2 - value.left.value, 12)), "right": _operand(value.right)}
        )
    if value.operator in "+-" and undirected(value.right):
        return value.model_copy(
            update={"operator": "-" if value.operator == "+" else "+", "left": _operand(value.left)}
        )
    return value.model_copy(update={"left": _operand(value.left), "right": _operand(value.right)})
