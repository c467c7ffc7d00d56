"""Alerting: rules, the state of each alert, the messages about them. Pure.

``rules`` declares what can be asked and reads the rule file, ``engine`` decides which alerts hold
and which messages are due, ``figures`` computes the values that rules compare, ``messages`` writes
the requests of each kind of channel. The gateway's ``alerting`` evaluates, stores and sends.
"""
