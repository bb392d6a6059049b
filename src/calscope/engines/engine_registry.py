"""The engines by name."""

from calscope.engines.builtin import BuiltinEngine
from calscope.engines.caiman import CaimanEngine
from calscope.engines.engine import Engine
from calscope.model.errors import EngineError

ENGINES: dict[str, Engine] = {"builtin": BuiltinEngine(), "caiman": CaimanEngine()}


def get_engine(name: str) -> Engine:
    """Give the engine of that name, ready to run.

    Raises
    ------
    EngineError
        When there is no such engine, or it can't run on this machine; nothing falls back to another one.
    """
    if name not in ENGINES:
        raise EngineError(f"There is no engine called {name!r}. Known engines: {', '.join(ENGINES)}.")
    engine = ENGINES[name]
    state = engine.availability()
    if not state.ok:
        raise EngineError(f"The engine {name!r} can't run here: {state.why_not} {state.next_step}".strip())
    return engine
