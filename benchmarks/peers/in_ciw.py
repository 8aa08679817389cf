"""The workload in Ciw: one node whose servers stand in the order of the pools.

A customer of Ciw is served by one server, so there is no model of it for requests of several sizes. Its shifts
send all servers home and call new ones; that a building only adds some is written through `node_class`, which
Ciw documents for that.
"""

import ciw
import numpy as np

from peers.workload import Frames, Workload, served


class Growing(ciw.Node):
    """A node whose shifts add servers, and leave those that are there at work."""

    def change_shift(self) -> None:
        """Call the servers that the new shift has more, and let them begin."""
        before = self.c
        self.schedule.get_next_shift()
        self.next_shift_change = self.schedule.next_shift_change_date
        self.c = self.schedule.c
        self.add_new_servers(self.c - before)
        self.begin_service_if_possible_change_shift()


def play(work: Workload) -> Frames:
    """Ciw takes the first free server in the order of their numbers, and who waits in the order of arrival."""
    at_first = sum(work.pools)
    shifts = [at_first + k * work.building for k in range(len(work.online) + 1)]
    network = ciw.create_network(
        arrival_distributions=[
            ciw.dists.Sequential([*np.diff(work.asked, prepend=0).astype(float).tolist(), float("inf")])
        ],
        service_distributions=[ciw.dists.Sequential(work.term.astype(float).tolist())],
        number_of_servers=[
            ciw.Schedule(
                numbers_of_servers=shifts, shift_end_dates=[*map(float, work.online), 2.0 * work.end]
            )
        ],
    )
    simulation = ciw.Simulation(network, node_class=Growing)
    simulation.simulate_until_max_customers(len(work), method="Finish")
    start, server = np.zeros(len(work), np.int64), np.zeros(len(work), np.int64)
    for record in simulation.get_all_records():
        start[record.id_number - 1] = int(record.service_start_date)
        server[record.id_number - 1] = record.server_id
    return served(work, start, np.searchsorted(np.cumsum(work.pools[:-1]), server - 1, side="right"))
