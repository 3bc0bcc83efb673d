from tests.score.planted import Planted
STRANGERS: tuple[Planted, ...] = ()
