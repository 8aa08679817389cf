"""Explanation: the timeline of one request, from the tables of a run and a traced replay of its replication."""
