from tart.startup import Startup


def test_a_part_is_handed_a_way_to_say_ready_and_a_lifeline():
    said = []
    startup = Startup(ready=lambda: said.append("ready"), lifeline=7)

    startup.ready()

    assert said == ["ready"]
    assert startup.lifeline == 7
