"""The market on SimPy's clock at its start: a state made of the inputs of a replication."""

from array import array

from sim.model.agenda import add_to_agenda
from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.ledger import NOBODY
from sim.model.outcomes import RefusalReason
from sim.model.rules import NEVER, OVERFLOW_POLICY_CODES, STEP_WORLD
from sim.model.sampled_inputs import SampledInputs
from sim.model.sites import Sites
from sim.model.state import MarketState


def initial_state(inputs: SampledInputs, policy: UserPolicy | None, answer: UserAnswer | None) -> MarketState:
    """The state of a market before its first instant. Raises KeyError for a policy without a rule."""
    requests, providers = inputs.requests, inputs.providers
    n, n_sites = len(requests), len(inputs.sites)
    group = [inputs.groups[g] for g in requests.group.tolist()]
    nobody, zero = array("q", [NOBODY]), array("q", [0])
    sites = Sites(inputs)
    state = MarketState(
        inputs=inputs,
        end=inputs.calendar.end,
        bypass=inputs.bypass,
        moves=inputs.may_move(),
        asked=[*requests.asked.tolist(), NEVER, NEVER],
        wanted=requests.wanted.tolist(),
        gives_up=requests.gives_up.tolist(),
        size_kw=requests.size_kw.tolist(),
        block_kw=requests.block_kw.tolist(),
        term=requests.term.tolist(),
        appetite_draws={p: draws.tolist() for p, draws in requests.appetite_draws.items()},
        group=group,
        windows=[window.tolist() for window in requests.windows],
        is_waiting=bytearray(n),
        uncommitted=requests.size_kw.tolist(),
        undelivered=requests.size_kw.tolist(),
        lost=zero * n,
        right=nobody * n,
        asked_first=nobody * n,
        answered=array("q", [NEVER]) * n,
        holder_kw=zero * n,
        first_kw=zero * n,
        reason=array("q", [RefusalReason.NONE]) * n,
        priority_rank=[-each.priority for each in group],
        split=[each.split for each in group],
        sites_of=[provider.sites for provider in providers],
        ranks_sites=inputs.ranks_sites(),
        may_decline=inputs.may_decline(),
        presells=[provider.presells for provider in providers],
        keeps_back=[provider.keeps_back for provider in providers],
        price=inputs.ranking_prices(),
        overflow_policy=OVERFLOW_POLICY_CODES[inputs.overflow_policy],
        user_policy=policy,
        user_answer=answer,
        has_user_functions=policy is not None or answer is not None,
        site_capacity=sites,
        online=sites.online,
        outage_kw=sites.outage_kw,
        plan_date=sites.plan_date,
        plan_kw=sites.plan_kw,
        committed=sites.committed,
        held=[0] * n_sites,
        in_service=[0] * n_sites,
        longest_presale=inputs.longest_presales(),
        sites_to_move_to=inputs.sites_of_several(),
        queue=[[] for _ in range(n_sites)],
    )
    for right in inputs.rights:
        for at in (right.begins, right.ends):
            if at > 0:
                add_to_agenda(state, at, STEP_WORLD, 0, NOBODY)
    return state
