"""The table of which classes are taken for which."""

import numpy as np

from bptui.tui.drawing.confusion_table import MOST_CLASSES, confusion_lines


def test_true_classes_in_rows_and_predicted_in_columns():
    lines = confusion_lines(np.array([[10, 0], [3, 120]]), ("cat", "dog"), "validation")
    assert lines == [
        "validation: the true class in rows, the predicted one in columns",
        "     cat  dog",
        "cat   10    0",
        "dog    3  120",
    ]


def test_columns_have_numbers_where_the_names_have_no_room():
    names = [f"a rather long name {letter}" for letter in "abcd"]
    lines = confusion_lines(np.eye(4, dtype=np.int64), names, "training")
    assert lines[1].split() == ["1", "2", "3", "4"]
    assert lines[2].startswith("1 a rather long name a")
    assert max(map(len, lines)) <= 76


def test_of_many_classes_the_commonest_confusions():
    count = MOST_CLASSES + 1
    confusion = 5 * np.eye(count, dtype=np.int64)
    confusion[3, 7] = 4
    confusion[0, 1] = 9
    names = [f"class {place}" for place in range(count)]
    assert confusion_lines(confusion, names, "validation") == [
        "validation: class 0 taken for class 1, 9 of 14",
        "validation: class 3 taken for class 7, 4 of 9",
    ]


def test_a_name_is_data():
    lines = confusion_lines(np.eye(2, dtype=np.int64), ("\x1b[31mred", "b"), "training")
    assert not any("\x1b" in line for line in lines)
