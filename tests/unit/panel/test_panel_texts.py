"""Two languages, the same keys, and every key that pages use."""

from __future__ import annotations

import re
import string

import pytest

from or_robot.autonomy.recovery import Recovery
from or_robot.errors import OrRobotError
from or_robot.panel.alarms import _MODE_WORDS, _RULES
from or_robot.panel.errands import ERRANDS
from or_robot.panel.pages import SCREENS
from or_robot.panel.roles import ROLES
from or_robot.panel.texts import load_texts
from or_robot.safety.reasons import REASONS
from or_robot.share import share
from or_robot.tasks.tree import LABELS
from or_robot.types.checklist import ITEMS
from or_robot.types.procedure import Phase
from or_robot.types.safety import SafetyMode
from or_robot.types.tasks import TaskKind, TaskState

WEB = share("web")
TEXTS = load_texts(WEB / "static" / "i18n")


def test_both_languages_have_the_same_keys_and_no_empty_text():
    assert set(TEXTS) == {"en", "ko"}
    assert set(TEXTS["en"]) == set(TEXTS["ko"])
    assert all(text.strip() for texts in TEXTS.values() for text in texts.values())


def test_both_languages_fill_in_the_same_values():
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, text in TEXTS["en"].items():
        assert fields(text) == fields(TEXTS["ko"][key]), key


def test_every_key_in_templates_and_scripts_exists():
    sources = [*WEB.glob("templates/**/*.html"), *WEB.glob("static/js/*.js")]
    used = {
        key
        for path in sources
        for key in re.findall(r"""(?:\bt\(|data-i18n=)\s*["']([a-z_.]+)["']""", path.read_text())
    }
    assert len(used) > 40
    assert used <= set(TEXTS["en"])


def test_every_state_has_a_text():
    keys = {f"task.state.{state}" for state in TaskState}
    keys |= {f"phase.{phase}" for phase in Phase}
    keys |= {f"alarm.{rule.alarm.key}" for rule in _RULES}
    keys |= {f"errand.{name}" for name in ERRANDS}
    keys |= {f"item.{kind}" for kind in TaskKind}
    keys |= {f"screen.{name}" for name in SCREENS}
    keys |= {f"role.{name}" for name in ROLES}
    keys |= {f"mode.{mode.value}" for mode in SafetyMode}
    keys |= {f"check.{item}" for items in ITEMS.values() for item in items}
    keys |= {f"item.{errand.item}" for errand in ERRANDS.values() if errand.item}
    words = {*_MODE_WORDS.values(), "no_data", "lost", "resume", "slow", "driving", "ready"}
    keys |= {f"robot.word.{word}" for word in words}
    keys |= {f"reason.{code}" for code in REASONS if code}
    assert keys <= set(TEXTS["en"])


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "en.json").write_text('{"a": ')
    with pytest.raises(OrRobotError, match=r"en\.json"):
        load_texts(tmp_path)


def test_the_page_comes_in_the_chosen_language(client):
    client.set_cookie("language", "ko")
    assert "로봇 정지" in client.get("/room/OR-1").text
    client.set_cookie("language", "xx")
    assert "STOP ROBOT" in client.get("/room/OR-1").text


def test_the_robots_words_are_known_as_it_says_them():
    """A phrase that is reworded in the robot would stay English on a Korean screen."""
    package = share("web").parent / "or_robot"
    spoken = "".join(
        path.read_text()
        for part in ("autonomy", "localization", "tasks")
        for path in sorted((package / part).glob("*.py"))
    )
    known = {key: text for key, text in TEXTS["en"].items() if key.startswith("said.")}
    assert len(known) > 30
    for key, text in known.items():
        wordings = re.split(r"\{\w+\}", text)
        assert all(words.strip() in spoken for words in wordings), key
    said = {text.split("{")[0] for text in known.values()}
    assert {label.split("{")[0] for label in LABELS.values()} <= said
    assert {recovery.value for recovery in Recovery} <= said
