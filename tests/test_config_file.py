"""Options from a TOML file."""

import pytest

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.tui.command_line import invocation
from bptui.tui.command_line.config_file import read_config_file
from bptui.tui.command_line.parser import parse_arguments


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "settings.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def gathered(*words):
    return invocation.gather(parse_arguments([str(word) for word in words]))


def test_every_kind_of_value(written):
    path = written(
        """
        data = "moons"
        target = ["a", 2]
        hidden = [8, 4]
        learning-rate = 1
        batch_size = 5
        standardize = false
        speed = "max"
        resume = true
        run = "there"
        """
    )
    values = read_config_file(path)
    assert values["target"] == ("a", "2")
    assert values["hidden"] == (8, 4)
    assert values["learning_rate"] == 1.0
    assert values["batch_size"] == 5
    assert values["standardize"] is False
    assert values["speed"] is None
    assert values["resume"] is True
    assert str(values["run"]) == "there"


def test_sizes_may_be_text_as_on_the_command_line(written):
    assert read_config_file(written('layers = "2-3-1"'))["layers"] == (2, 3, 1)
    assert read_config_file(written("hidden = []"))["hidden"] == ()
    assert read_config_file(written("hidden = 3"))["hidden"] == (3,)


def test_the_other_name_of_an_option_is_a_key_too(written):
    assert read_config_file(written("eta = 0.25")) == {"learning_rate": 0.25}


def test_the_command_line_beats_the_file_and_the_file_the_preset(written):
    path = written('preset = "article"\nseed = 5\nlearning-rate = 0.7\n')
    configuration = invocation.configuration_of(gathered("train", "--config", path, "--seed", "6"))
    assert configuration.seed == 6
    assert configuration.learning_rate == 0.7
    assert configuration.init == "article"


def test_hidden_on_the_command_line_takes_the_place_of_layers_in_the_file(written):
    path = written("layers = [2, 2, 1]")
    configuration = invocation.configuration_of(gathered("--config", path, "--hidden", "3"))
    assert configuration == Configuration(hidden=(3,))


def test_one_file_serves_all_commands(written):
    path = written("speed = 10\njson = true\nafter = 3\nepochs = 9")
    assert set(gathered("check", "--config", path)) == {"json", "after"}
    assert set(gathered("run", "--config", path)) == {"speed", "epochs"}


def test_line_ends_and_byte_order_marks_of_other_editors(written):
    assert read_config_file(written(b"\xef\xbb\xbfseed = 3\r\nnoise = 0.5\r\n")) == {
        "seed": 3,
        "noise": 0.5,
    }


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("seed = 1\nleyers = [2, 1]", 2, "'layers'"),
        ("\n\nseed = '3'", 3, "a whole number"),
        ("seed = true", 1, "true is not a whole number"),
        ("seed = 3.0", 1, "3.0 is not a whole number"),
        ("noise = nan", 1, "nan is not a number"),
        ("layers = [2, 'a']", 1, "layer sizes"),
        ("layers = [2, true]", 1, "layer sizes"),
        ("layers = 3", 1, "layer sizes"),
        ("target = [1.5]", 1, "column"),
        ("standardize = 'yes'", 1, "true or false"),
        ("activation = 'sigmod'", 1, "'sigmoid'"),
        ("activation = 3", 1, "one of sigmoid"),
        ("eta = 1\nlearning_rate = 2", 2, "given twice"),
        ("[training]\nseed = 3", 1, "a table"),
        ("config = 'other.toml'", 1, "unknown option"),
        ("seed = ", 1, "invalid value"),
        ("seed 3", 1, "expected '='"),
        ("seed = 1\nseed = 2", 2, "overwrite"),
        ("seed = 0x" + "f" * 5000, 1, "a whole number"),
        ('seed = "\\u001b"', 1, "\\x1b"),
        (b"seed = 3\n# \xff", 2, "UTF-8"),
        ("run = ''", 1, "a folder"),
        ("resume = false", 1, "a folder"),
        ("data = 1979-05-27", 1, "1979-05-27"),
    ],
)
def test_what_is_wrong_is_said_with_the_line(text, line, word, written):
    with pytest.raises(InputError) as caught:
        read_config_file(written(text))
    message = str(caught.value)
    assert f"settings.toml, line {line}" in message
    assert word in message
    assert message.isprintable()


@pytest.mark.parametrize(
    "text",
    ['"\\u001b[31m" = 3', "seed = " + "9" * 5000, "a = " + "[" * 5000, "x" * 1_000_001, "seed"],
)
def test_whatever_the_file_holds_it_is_one_sentence(text, written):
    with pytest.raises(InputError) as caught:
        read_config_file(written(text))
    assert "settings.toml" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_keys_that_would_take_for_ever_are_refused(written):
    path = written(".".join("a" * 40_000) + "=1")
    with pytest.raises(
        InputError, match=r"settings\.toml: more than 2,000 dots; this is no file of options"
    ):
        read_config_file(path)
