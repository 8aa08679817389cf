"""The pictures of each kind of result as typed methods, so that editors and notebooks complete their names.

Each method draws one picture of the table in `plots/COMMAND.py` of the same name, as a matplotlib figure; a test
compares the two lists. matplotlib is imported when a picture is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.results.run import RunResult
    from sim.study.compare import ComparisonResult
    from sim.study.fit import FittedDelays
    from sim.study.plan import Plan
    from sim.study.sensitivity import Sensitivity
    from sim.study.sweep_result import SweepResult
    from sim.study.value import ContractValue


class RunPlots:
    """The plots of a run. Each raises NothingToShow, with the reason, where it does not apply."""

    def __init__(self, run: RunResult) -> None:
        self._run = run

    def _draw(self, name: str) -> Figure:
        from sim.show.plots.run import RUN_PLOTS

        return RUN_PLOTS[name](self._run)

    def supply_and_demand(self) -> Figure:
        """Power wanted, in service and online over time, and who serves it."""
        return self._draw("supply_and_demand")

    def backlog(self) -> Figure:
        """Unserved power over time, by stream."""
        return self._draw("backlog")

    def waiting_times(self) -> Figure:
        """How long what was delivered had waited, by stream."""
        return self._draw("waiting_times")

    def overflow(self) -> Figure:
        """Where the power that was asked for went: streams, answers, providers, sites."""
        return self._draw("overflow")

    def declined(self) -> Figure:
        """What the holder of a first refusal took and declined over time, and why."""
        return self._draw("declined")

    def online_by_site(self) -> Figure:
        """What came online at each site, against what was announced."""
        return self._draw("online_by_site")

    def building_schedule(self) -> Figure:
        """When each building was planned, and when it came online."""
        return self._draw("building_schedule")

    def utilization(self) -> Figure:
        """Which share of what is online is in service, by site."""
        return self._draw("utilization")

    def money(self) -> Figure:
        """Spend, margin and what is owed by contract, by provider."""
        return self._draw("money")


class ComparisonPlots:
    """The plots of a comparison. Each raises NothingToShow, with the reason, where it does not apply."""

    def __init__(self, comparison: ComparisonResult) -> None:
        self._comparison = comparison

    def _draw(self, name: str) -> Figure:
        from sim.show.plots.compare import COMPARE_PLOTS

        return COMPARE_PLOTS[name](self._comparison)

    def differences(self) -> Figure:
        """The paired difference of each metric with its interval."""
        return self._draw("differences")

    def over_time(self) -> Figure:
        """Unserved power over time in each scenario."""
        return self._draw("over_time")


class SweepPlots:
    """The plots of a sweep. Each raises NothingToShow, with the reason, where it does not apply."""

    def __init__(self, sweep: SweepResult) -> None:
        self._sweep = sweep

    def _draw(self, name: str) -> Figure:
        from sim.show.plots.sweep import SWEEP_PLOTS

        return SWEEP_PLOTS[name](self._sweep)

    def heat_maps(self) -> Figure:
        """The mean of each outcome over two factors."""
        return self._draw("heat_maps")

    def responses(self) -> Figure:
        """The mean of each outcome over one factor, with its interval."""
        return self._draw("responses")

    def trade_offs(self) -> Figure:
        """Two outcomes against each other, a mark for each point."""
        return self._draw("trade_offs")


class ValuePlots:
    """The plots of a right's value. Each raises NothingToShow, with the reason, where it does not apply."""

    def __init__(self, analysis: ContractValue) -> None:
        self._analysis = analysis

    def _draw(self, name: str) -> Figure:
        from sim.show.plots.value import VALUE_PLOTS

        return VALUE_PLOTS[name](self._analysis)

    def stakes(self) -> Figure:
        """What the right is worth to each party, by measure, with intervals."""
        return self._draw("stakes")

    def windows(self) -> Figure:
        """The same against the length of the window."""
        return self._draw("windows")


class PlanPlots:
    """The plots of a plan. Each raises NothingToShow, with the reason, where it does not apply."""

    def __init__(self, analysis: Plan) -> None:
        self._analysis = analysis

    def response(self) -> Figure:
        """The share of futures in which the target holds, over the lever."""
        from sim.show.plots.plan import PLAN_PLOTS

        return PLAN_PLOTS["response"](self._analysis)


class SensitivityPlots:
    """The plots of a sensitivity analysis. Each raises NothingToShow, with the reason, where it does not apply."""

    def __init__(self, analysis: Sensitivity) -> None:
        self._analysis = analysis

    def _draw(self, name: str) -> Figure:
        from sim.show.plots.sensitivity import SENSITIVITY_PLOTS

        return SENSITIVITY_PLOTS[name](self._analysis)

    def tornado(self) -> Figure:
        """How far each factor moves each outcome between the ends of its range."""
        return self._draw("tornado")

    def indices(self) -> Figure:
        """The share of each outcome's variance that goes with each factor (Sobol)."""
        return self._draw("indices")


class FitPlots:
    """The plots of laws of delay. Each raises NothingToShow, with the reason, where it does not apply."""

    def __init__(self, delays: FittedDelays) -> None:
        self._delays = delays

    def lateness(self) -> Figure:
        """The share that has not come against days late, as seen and by each law, by class of lead."""
        from sim.show.plots.fit import FIT_PLOTS

        return FIT_PLOTS["lateness"](self._delays)
