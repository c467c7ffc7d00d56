"""Parts of a page, by their names on the screen."""

from tart.dash.core.model import Figure, Page, Table


def find_figure(page: Page, label: str) -> Figure:
    """Return the figure with a label.

    Raises:
        KeyError: The page has none.
    """
    for figure in page.figures:
        if figure.label == label:
            return figure
    raise KeyError(label)


def find_table(page: Page, name: str) -> Table:
    """Return the table with a name.

    Raises:
        KeyError: The page has none.
    """
    for table in page.tables:
        if table.name == name:
            return table
    raise KeyError(name)
