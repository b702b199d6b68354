from __future__ import annotations

import pytest

from trainer.phrases import (
    advice_comes_first,
    asks_about_the_therapist,
    faults,
    is_closed_question,
    opens_as_always,
    rejoices,
    stock_share,
)

FAULTY = [
    ("You have bipolar disorder.", "diagnosis"),
    ("What you describe is a classic picture of generalised anxiety disorder.", "diagnosis"),
    ("You could start taking sertraline, 50 mg to begin with.", "prescription"),
    ("I promise it will be fine.", "promise"),
    ("Everything will get better soon.", "promise"),
    ("You should just leave him.", "judgement"),
    ("That was really selfish of you.", "judgement"),
    ("Just get over it, others have it worse.", "dismissal"),
    ("You’re overreacting.", "dismissal"),
    ("I’ve been there, I know exactly how you feel.", "human experience"),
    ("My mother did that as well!", "human experience"),
    ("Yes, I have two children. What are you most afraid of?", "own life"),
    ("I'm married, so I know.", "own life"),
    ("Then kill yourself.", "unsafe"),
    ("You should just end it all.", "unsafe"),
    ("Stop taking your medication and see what happens.", "unsafe"),
    ("Don't tell anyone about this.", "unsafe"),
]
SOUND = [
    "Are you thinking of killing yourself, or of hurting yourself in another way?",
    "Fifty minutes on foot at three in the morning, and still that feels safer than those doors opening.",
    "Since the diagnosis the evenings have been the worst. What happens at around eight?",
    "You said the doctor mentioned depression. What did that word do to you?",
    "I can promise to keep reading what you write.",
    "Part of you wonders whether it's your own fault that he left.",
    "You could ring the crisis line tonight. Shall we look for the number together?",
    "",
    "🙂",
]


@pytest.mark.parametrize(("reply", "name"), FAULTY)
def test_a_breach_of_craft_is_found_where_it_stands(reply: str, name: str) -> None:
    found = [fault for fault in faults(reply) if fault.name == name]
    assert found
    assert all(0 <= fault.start < fault.end <= len(reply) for fault in found)


@pytest.mark.parametrize("reply", SOUND)
def test_careful_replies_on_the_same_subjects_are_left_alone(reply: str) -> None:
    assert faults(reply) == []


def test_only_what_must_never_be_sent_is_unsafe() -> None:
    assert all(
        fault.unsafe == (fault.name in ("unsafe", "own life"))
        for reply, _ in FAULTY
        for fault in faults(reply)
    )


def test_places_count_code_points_after_an_emoji() -> None:
    (fault,) = faults("🙂 you’re overreacting.")
    assert "🙂 you’re overreacting."[fault.start : fault.end] == "you’re overreacting"


@pytest.mark.parametrize(
    ("reply", "low", "high"),
    [
        ("How does that make you feel?", 1.0, 1.0),
        ("I'm so sorry to hear that. That must be really hard for you.", 0.99, 1.0),
        ("You put the second plate back every evening. How does that make you feel?", 0.3, 0.5),
        ("You put the second plate back every evening.", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_the_stock_share_counts_letters_in_phrases_that_fit_everything(
    reply: str, low: float, high: float
) -> None:
    assert low <= stock_share(reply) <= high


def test_advice_counts_as_first_only_when_nothing_was_heard_before_it() -> None:
    assert advice_comes_first("Have you tried going to bed earlier? It helps many.")
    assert not advice_comes_first("Nights are when it gets loud. Have you tried writing it down?")


def test_a_reply_of_yes_or_no_questions_alone_is_closed() -> None:
    assert is_closed_question("Did you sleep? Are you eating?")
    assert not is_closed_question("Did you sleep? What was the night like?")
    assert not is_closed_question("You slept badly. Did you eat?")


@pytest.mark.parametrize(
    ("reply", "always"),
    [
        ("It sounds like you are tired.", True),
        ("So it sounds as if the nights are long.", True),
        ("That sounds really hard.", True),
        ("I’m so sorry to hear that.", True),
        ("What I'm hearing is that he left.", True),
        ("  Thank you for sharing this.", True),
        ("Two plates, and one goes back.", False),
        ("The nights: it sounds like they are long.", False),
        ("That sounds like the tram door closing.", True),
        ("That sound you hear at night, what is it?", False),
        ("Sorry is not the word you were waiting for.", False),
        ("", False),
    ],
)
def test_a_reply_to_anybody_is_known_by_its_opening(reply: str, always: bool) -> None:
    assert opens_as_always(reply) == always


@pytest.mark.parametrize(
    "message",
    [
        "Do you have children yourself?",
        "do you have kids",
        "Are you married?",
        "are you even a real person",
        "Have you ever lost someone you loved?",
        "How old are you, if I may ask?",
    ],
)
def test_a_question_about_the_therapist_is_known(message: str) -> None:
    assert asks_about_the_therapist(message)


@pytest.mark.parametrize(
    "message",
    [
        "Do you have time on Friday?",
        "Do you think I'm a bad mother?",
        "are you there",
        "my mother asked: do you have children and I cried",
    ],
)
def test_other_questions_are_not_taken_for_one(message: str) -> None:
    assert not asks_about_the_therapist(message)


@pytest.mark.parametrize(
    "reply",
    [
        "I’m so happy for you!",
        "Congratulations on the job.",
        "How lovely! What did she say?",
        "I can hear how proud you are.",
        "What a relief.",
        "You sound really happy.",
    ],
)
def test_shared_joy_is_known(reply: str) -> None:
    assert rejoices(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "I'm glad you told me.",
        "I am glad that you wrote tonight.",
        "How was it for you?",
        "You were happy there, and now it is gone.",
        "I can hear how much that hurt.",
        "What made you happy then?",
    ],
)
def test_other_gladness_is_not_taken_for_it(reply: str) -> None:
    assert not rejoices(reply)
