from tart.chain.core.actions import Ask, Write


def test_actions_are_values():
    assert Ask(0, 1, "parent", ()) == Ask(0, 1, "parent", ())
    assert Write(()) == Write(())
