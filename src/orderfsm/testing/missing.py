"""What is said where Hypothesis, on which only the testing kit rests, is not installed."""

INSTALL = "pip install 'orderfsm[testing]'"


def needs_hypothesis(module: str) -> ImportError:
    """The fault for a module of the kit that cannot be imported without Hypothesis."""
    return ImportError(f"{module} needs Hypothesis: {INSTALL}", name="hypothesis")
