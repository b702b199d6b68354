"""Every fault that the program must survive, and the tests that make it happen.

Tests of this folder name their fault by its number (``test_fault_07_...``); a fault that another test makes
already is listed here by that test. ``packaging/faults.py`` runs all of them and writes docs/faults.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A fault and what must happen then.

    ``elsewhere``: tests outside this folder ("file::name" below tests/). ``by_hand``: what a test cannot
    bring about here, and how a person checks it. ``missing``: what of the expected the program lacks.
    """

    number: int
    fault: str
    expected: str
    elsewhere: tuple[str, ...] = ()
    by_hand: str = ""
    missing: str = ""


ROWS = (
    Row(
        1,
        "Killed (kill -9) in the middle of saves",
        "the vault is whole, every acknowledged row is there",
        ("store/test_vault.py::test_kill_9_in_the_middle_of_saves_loses_no_acknowledged_row",),
    ),
    Row(
        2,
        "Killed while the tables or the data key change",
        "old or new, nothing between; a copy is made first",
        (
            "cli/test_rekey.py::test_killed_at_any_step_the_old_vault_or_the_new_one_opens",
            "cli/test_backup.py::test_a_restore_killed_at_any_step_leaves_the_old_vault_or_the_restored_one",
            "store/test_schema.py::test_a_vault_of_version_1_opens_whole_and_takes_the_new_tables",
        ),
    ),
    Row(
        3,
        "Window or model process killed while drafting",
        "no half draft is kept; the model process is started again",
        (
            "services/test_review.py::"
            "test_kill_9_while_drafting_and_approving_keeps_what_was_acknowledged_and_no_half",
            "services/test_model_client.py::"
            "test_a_process_killed_in_the_middle_of_a_request_is_reported_and_returns_nothing",
            "jobs/test_model_process.py::test_a_child_that_dies_is_replaced",
            "ui/test_desk_page.py::test_a_crash_while_drafting_is_shown_and_the_model_comes_back",
        ),
    ),
    Row(
        4,
        "Killed while training",
        "goes on from the last whole checkpoint on the same curve",
        (
            "trainer/test_broken_off.py::test_a_killed_run_goes_on_to_the_same_curve_and_weights",
            "trainer/test_dpo.py::"
            "test_a_killed_sealed_run_continues_on_the_same_curve_and_leaves_no_word_in_any_file",
        ),
    ),
    Row(
        5,
        "Killed between writing a file beside and renaming it",
        "the old file loads, what lay beside it is swept",
        (
            "core/test_files.py::test_what_an_interrupted_write_left_is_no_obstacle",
            "trainer/test_checkpoint.py::test_an_output_folder_must_be_new_or_hold_the_unfinished_run",
        ),
    ),
    Row(
        6,
        "Disk full: vault, backup, new key, checkpoint",
        "one sentence, nothing lost; room is asked for before",
        (
            "cli/test_backup.py::test_a_disk_that_fills_up_leaves_no_half_backup_and_no_half_vault",
            "cli/test_backup.py::test_too_little_room_is_said_before_anything_is_written",
            "cli/test_rekey.py::test_a_full_disk_leaves_the_old_vault",
            "trainer/test_checkpoint.py::test_a_run_does_not_begin_where_it_will_not_fit",
        ),
    ),
    Row(
        7,
        "Data folder is read-only",
        "refused in a sentence, no byte changed",
        ("services/test_access.py::test_a_data_folder_that_cannot_be_written_to_is_said_plainly",),
    ),
    Row(
        8,
        "Out of memory while training",
        "goes on once with half as much at once, on the same curve; then a clean end with a sentence; the "
        "checkpoint stays; the window lives",
        ("ui/test_workshop_page.py::test_a_stage_that_goes_on_with_half_as_much_at_once_says_so",),
        missing="Only fine-tuning (sft) tries again by itself; the other stages name the setting to change. "
        "A model with dropout draws it anew for the smaller pieces, so that its curve is alike, not the "
        "same; the starter has none.",
    ),
    Row(
        9,
        "Out of memory while drafting",
        "the model process ends and is replaced; the window lives",
    ),
    Row(
        10,
        "Weights: a bit turned over, cut short, not a number",
        "refused; another model drafts, and that is said",
        (
            "trainer/test_bundle.py::test_damage_is_refused_in_one_sentence",
            "cli/test_models_command.py::test_a_bundle_that_is_not_what_its_manifest_says_is_refused",
            "services/test_models.py::test_a_promoted_model_that_is_gone_or_changed_gives_way_to_the_starter",
        ),
    ),
    Row(
        11,
        "A pickle (.bin, .pt) offered as a model",
        "refused unopened",
        (
            "cli/test_models_command.py::test_a_folder_with_a_link_or_a_pickle_in_it_is_refused",
            "cli/test_models_command.py::test_what_is_neither_folder_nor_zip_is_refused_unopened",
            "trainer/test_bundle.py::test_damage_is_refused_in_one_sentence",
        ),
    ),
    Row(
        12,
        "Archive with ../, absolute path, link, bomb, NUL or reserved names",
        "refused before anything is written",
        (
            "cli/test_models_command.py::"
            "test_an_archive_with_a_hostile_name_is_refused_before_anything_is_written",
            "cli/test_models_command.py::test_a_hostile_archive_is_refused_before_anything_is_written",
            "cli/test_models_command.py::test_too_much_to_unpack_is_refused",
        ),
    ),
    Row(
        13,
        "Wrong passphrase, ten times, over restarts",
        "growing delay, nothing wiped, no hint",
        (
            "services/test_tries.py::"
            "test_ten_wrong_ones_over_ten_restarts_wait_longer_and_longer_and_lose_nothing",
            "services/test_access.py::"
            "test_wrong_passphrases_are_refused_with_a_growing_wait_and_lose_nothing",
            "cli/test_rekey.py::test_wrong_passphrases_wait_longer_across_runs_of_the_program",
        ),
    ),
    Row(
        14,
        "Key file missing or damaged",
        "its copy is used; without both, a sentence",
        (
            "store/test_keys.py::test_a_damaged_file_falls_back_to_its_copy",
            "store/test_keys.py::test_when_the_copy_is_damaged_too_it_says_so_and_changes_nothing",
            "services/test_access.py::test_the_recovery_key_opens_and_lets_a_new_passphrase_be_set",
        ),
    ),
    Row(
        15,
        "Key file or export that asks for 100 GiB of memory",
        "refused before memory is taken",
        (
            "store/test_keys.py::test_hostile_contents_are_refused_unread",
            "cli/test_client_command.py::"
            "test_a_header_that_asks_for_too_much_memory_is_refused_before_it_is_used",
        ),
    ),
    Row(
        16,
        "Key ring gone, stopped, plain-text or null",
        "given up after its time with a sentence; the passphrase opens",
        (
            "services/test_access.py::test_a_key_ring_that_keeps_nothing_safe_is_never_used",
            "services/test_access.py::test_a_hung_key_ring_is_ended_and_said",
            "services/test_access.py::test_the_real_child_answers_on_a_computer_without_a_key_ring",
        ),
    ),
    Row(
        17,
        "Key ring lost its secret (new password of the computer)",
        "the passphrase still opens",
        ("services/test_access.py::test_a_key_ring_that_lost_its_secret_leaves_the_passphrase",),
    ),
    Row(
        18,
        "The vault file is a database without encryption",
        "refused and left alone; no version of the program ever wrote one, so there is none of ours to take "
        "over",
        ("store/test_vault.py::test_a_plain_database_is_refused_and_left_alone",),
    ),
    Row(
        19,
        "Vault, key file or backup from a newer version",
        "refused in a sentence, unchanged; deleting is never offered",
        (
            "store/test_vault.py::test_a_vault_from_a_newer_version_is_refused_and_unchanged",
            "store/test_keys.py::test_a_file_from_a_newer_version_is_refused_in_a_sentence",
            "cli/test_backup.py::test_a_database_of_a_newer_version_is_not_restored",
        ),
    ),
    Row(
        20,
        "Write-ahead log deleted, damaged or an old one put back",
        "no acknowledged row is lost; an old one is told; after a kill in the middle of folding the log in, "
        "which leaves the vault whole only with it, the loss is told",
        ("cli/test_backup.py::test_a_deleted_write_ahead_log_is_noticed",),
    ),
    Row(
        21,
        "An old copy of the vault put back",
        "told until it is accepted",
        ("cli/test_backup.py::test_an_older_copy_put_back_is_noticed_until_it_is_accepted",),
    ),
    Row(
        22,
        "Two programs on one vault; a lock left behind",
        "a second window raises the first; other programs save beside it; replacing is refused meanwhile; a "
        "left lock holds nobody up",
        (
            "core/test_locks.py::test_many_share_and_nobody_is_alone_beside_them",
            "cli/test_rekey.py::test_a_vault_in_use_keeps_its_key",
            "cli/test_backup.py::test_a_vault_in_use_is_not_replaced",
        ),
    ),
    Row(
        23,
        "Vault in a folder that is synchronised or on the network",
        "warned of",
        by_hand="Windows: choose a folder on a network drive with a letter by --data-dir; tfdesk vault "
        "status must warn. Anywhere: move the data folder into a synchronised one; it must warn, too.",
        missing="On macOS a network drive is not known as one; a service that is not in the list of "
        "tfdesk/core/places.py is not known anywhere.",
    ),
    Row(
        24,
        "Clock set back a day, summer time, 2038",
        "order by number; waits neither end nor grow",
        ("services/test_tries.py::test_a_clock_set_back_neither_ends_the_wait_nor_makes_it_longer",),
    ),
    Row(
        25,
        "Left alone, screen locked, computer asleep, user switched",
        "locks, keys dropped, model process ended",
        (
            "ui/test_app.py::test_locking_leaves_nothing_legible_and_ends_the_model_process",
            "ui/test_session_watch.py::test_what_the_desktop_tells_is_passed_on",
            "ui/test_session_watch.py::test_the_window_is_locked_before_the_computer_sleeps",
        ),
        by_hand="Linux: lock the screen (Super+L), close the lid, switch the user; each time the vault must "
        "be locked on coming back. Windows and macOS: Ctrl+L before leaving.",
        missing="On Windows and macOS only the idle time and Ctrl+L lock.",
    ),
    Row(
        26,
        "Idle lock while training",
        "the window locks, the run goes on, sealed",
        ("ui/test_workshop_page.py::test_locking_drops_the_sample_and_keeps_the_curves",),
    ),
    Row(
        27,
        "Reply on the clipboard after lock and quit",
        "cleared if it is still the reply",
        ("ui/test_app.py::test_locking_clears_a_reply_that_is_still_on_the_clipboard",),
        by_hand="Windows: approve a reply, press Win+V: the reply must not be listed. Linux with KDE: nor in "
        "Klipper's list.",
        missing="On macOS it is not kept out of clipboard histories.",
    ),
    Row(
        28,
        "Crash report, log, traceback, temporary files",
        "no client word in any file",
        (
            "services/test_no_plain_text.py::test_no_file_below_the_data_folder_holds_a_word_that_was_typed",
            "trainer/test_sealed.py::test_a_sealed_run_leaves_no_word_of_the_transcripts_in_any_file",
            "trainer/test_commands.py::test_a_mistake_of_ours_never_shows_what_the_error_quotes",
            "core/test_log.py::test_a_traceback_shows_places_but_no_message",
        ),
        by_hand="Windows and macOS keep crash reports of their own: end the window by Task Manager or "
        "Activity Monitor and search the report for a word of a client.",
    ),
    Row(
        29,
        "Import: empty, 1 GB, one line of 10 MB, odd encodings",
        "a report per row, bounded memory",
        (
            "services/test_intake.py::test_every_usual_encoding_is_recognised",
            "services/test_intake.py::test_bytes_that_are_no_text_are_refused_with_their_line",
            "services/test_intake.py::test_a_line_of_ten_megabytes_ends_quickly_as_one_skipped_row",
            "cli/test_import_command.py::test_a_file_without_a_message_imports_nothing",
        ),
    ),
    Row(
        30,
        "Text with right-to-left marks, emoji, HTML, NUL",
        "shown as plain text; NUL removed with a note",
        (
            "ui/test_desk_page.py::test_client_text_is_shown_as_plain_text",
            "ui/test_text.py::test_a_span_marks_the_same_words_in_qt_as_in_python",
            "services/test_intake.py::test_nul_characters_are_removed_with_a_note",
            "cli/test_client_command.py::test_the_page_shows_markup_as_words",
        ),
    ),
    Row(
        31,
        'Search for ", *, NEAR(',
        "found or not found, never an error",
        (
            "services/test_sessions.py::test_search_takes_any_characters",
            "fuzz/test_search.py::test_any_search_finds_or_finds_not",
        ),
    ),
    Row(
        32,
        "Restore from a damaged backup; wrong passphrase; damaged vault",
        "checked aside before anything is replaced",
        (
            "cli/test_backup.py::test_a_drill_checks_everything_and_changes_nothing",
            "cli/test_backup.py::test_another_passphrase_or_role_does_not_restore",
            "cli/test_backup.py::test_damage_anywhere_is_told_before_anything_changes",
        ),
    ),
    Row(
        33,
        "A client is erased while training",
        "the run stops at once and loses what it learned; models that learned from the client are marked",
        elsewhere=(
            "cli/test_erasure.py::test_models_that_learned_from_the_client_are_marked_and_their_sealed_words_go",
            "services/test_training_material.py::"
            "test_the_sealed_words_of_a_marked_run_are_deleted_and_it_does_not_go_on",
        ),
        missing="Runs that learn from a file are not bound to clients, and the certificate says so.",
    ),
    Row(
        34,
        "Risk screen missing or crashing",
        '"unscreened", no draft',
        (
            "trainer/test_engine.py::test_without_a_lexicon_nothing_is_drafted",
            "trainer/test_engine.py::test_a_screen_that_crashes_leaves_the_message_unscreened",
            "trainer/test_risk.py::test_a_missing_or_damaged_lexicon_is_an_error_and_screens_nothing",
        ),
    ),
    Row(
        35,
        "Approve clicked twice; reply edited after approval",
        "one approval, bound to the text; an edit voids it",
        (
            "ui/test_desk_page.py::test_a_double_click_on_approve_approves_once",
            "services/test_review.py::test_a_second_click_approves_nothing_more",
            "services/test_review.py::test_editing_an_approved_reply_voids_the_approval",
        ),
    ),
    Row(
        36,
        "Network refused and watched while the desk drafts and a run trains",
        "no process tries to reach it",
        missing="On Windows and macOS only the watch inside every Python process, none by the kernel.",
    ),
    Row(
        37,
        "A message of 50,000 characters; a conversation of 10,000 turns",
        "drafted like any other",
        (
            "e2e/test_suggest.py::test_one_result_line_per_dialogue_whatever_their_order",
            "trainer/test_risk.py::test_hostile_text_of_fifty_thousand_characters_is_read_at_once",
            "trainer/test_risk.py::test_ten_thousand_turns_are_read_and_spans_are_bounded",
        ),
    ),
)
