from tart.chain.core.block_tree import MAX_ACCUMULATORS, BlockTree, Node


def key(number):
    return bytes([number]) * 32


def line(tree, *numbers, below=None):
    """Add a line of blocks, each the parent of the next; slots are their numbers."""
    for number in numbers:
        node = Node(key(number), number, 0, parent=below)
        tree.add(node)
        below = node.hash
    return tree.nodes[below]


def fork():
    """1 - 2 - 3 - 4, and 2 - 13 - 14."""
    tree = BlockTree(100)
    return tree, line(tree, 1, 2, 3, 4), line(tree, 13, 14, below=key(2))


def test_a_line_goes_to_the_last_block_in_memory():
    tree, head, other = fork()
    assert [node.slot for node in tree.line(head)] == [4, 3, 2, 1]
    assert [node.slot for node in tree.line(other)] == [14, 13, 2, 1]
    assert list(tree.line(None)) == []


def test_the_last_common_block_is_found():
    tree, head, other = fork()
    assert tree.common(head, other).slot == 2
    assert tree.common(head, tree.nodes[key(3)]).slot == 3
    alone = line(tree, 50)
    assert tree.common(head, alone) is None


def test_descent_is_known_by_slots():
    tree, head, other = fork()
    assert tree.descends(head, tree.nodes[key(2)])
    assert tree.descends(head, head)
    assert not tree.descends(other, tree.nodes[key(3)])
    assert tree.ancestor_at(head, 2).slot == 2
    assert tree.ancestor_at(head, 0).slot == 1


def test_attaching_reaches_all_descendants_once():
    tree, _, _ = fork()
    newly = tree.attach(tree.nodes[key(2)])
    assert sorted(node.slot for node in newly) == [2, 3, 4, 13, 14]
    assert tree.attach(tree.nodes[key(2)]) == []
    assert not tree.nodes[key(1)].attached


def test_a_removed_block_is_nobodys_child():
    tree, head, _ = fork()
    parent = tree.nodes[key(3)]
    tree.remove(head)
    assert tree.children(parent) == []
    assert len(tree) == 5
    tree.remove(parent)
    assert [node.slot for node in tree.children(tree.nodes[key(2)])] == [13]


def test_linking_makes_a_child():
    tree = BlockTree(2)
    one, two = line(tree, 1), line(tree, 2)
    tree.link(two, one)
    assert tree.parent(two) is one
    assert tree.children(one) == [two]
    assert tree.is_full


def test_the_oldest_accumulators_are_forgotten():
    tree = BlockTree(2)
    for number in range(MAX_ACCUMULATORS + 1):
        tree.put_accumulators(key(number), ())
    assert tree.accumulators(key(0)) is None
    assert tree.accumulators(key(1)) == ()
