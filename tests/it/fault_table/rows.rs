//! The rows. A sentence that no test holds does not belong here.

use super::Promise;
use super::Row;

pub(super) const ROWS: &[Row] = &[
    Row {
        when: "a program is killed: war room, server, migration",
        promises: &[
            Promise(
                "What was acknowledged is there, once; it opens again by itself, at once.",
                &[
                    "kill_loop::servers_and_commands_killed_at_any_moment_keep_every_word_that_was_acknowledged",
                    "faults::a_server_killed_again_and_again_keeps_every_answer_it_gave",
                    "faults::a_command_killed_at_any_moment_has_written_all_or_nothing",
                    "postgres_faults::a_node_killed_while_it_writes_leaves_a_whole_log_and_the_others_go_on",
                    "postgres_faults::a_database_killed_again_and_again_keeps_what_was_acknowledged",
                ],
            ),
            Promise(
                "What you were typing is there as it was a second before, wherever you were.",
                &[
                    "war_room_pty::a_sentence_survives_the_program_being_killed_in_the_middle_of_it",
                    "killed_in_place::in_the_assessment_what_was_chosen_and_why_is_there_again",
                    "killed_in_place::inside_the_editor_the_words_that_went_into_it_are_there",
                ],
            ),
            Promise(
                "A migration is done whole or not at all, with a copy made before it.",
                &[
                    "store::sqlite::migrate::tests::a_failing_step_leaves_the_store_as_it_was",
                    "store::sqlite::migrate::tests::steps_are_taken_once_with_a_backup_before",
                ],
            ),
        ],
    },
    Row {
        when: "the power goes, or the disk tears a write or does not confirm it",
        promises: &[
            Promise(
                "What was acknowledged is on the disk; nobody is alarmed over what can be fetched again.",
                &[
                    "disk_faults::the_power_goes_at_any_moment_of_an_exchange",
                    "disk_faults::the_nth_write_of_a_replica_fails_or_finds_the_disk_full",
                    "server_disk_faults::the_nth_write_of_a_server_fails_or_finds_the_disk_full",
                ],
            ),
            Promise(
                "A home that cannot be opened for it says why, and is whole when the disk is.",
                &["disk_faults::a_home_opens_whole_or_says_why_whichever_write_fails_meanwhile"],
            ),
            Promise(
                "After an fsync that failed nothing more is acknowledged until a restart, reading goes on, and it says why.",
                &[
                    "disk_faults::the_nth_fsync_of_a_replica_fails",
                    "server_disk_faults::the_nth_fsync_of_a_server_fails",
                    "server_faults::after_a_failed_fsync_nothing_is_acknowledged_again",
                    "replica::local::sound::tests::after_a_write_that_was_not_confirmed_nothing_is_acknowledged",
                ],
            ),
        ],
    },
    Row {
        when: "the disk is full",
        promises: &[
            Promise(
                "`NOT SAVED` stays, and so do your words.",
                &[
                    "full_disk::a_war_room_on_a_full_disk_keeps_the_words_in_sight_and_saves_them_once_there_is_room",
                    "war_room::states::what_cannot_be_saved_stays_on_screen",
                    "replica::local::sound::tests::a_full_disk_is_said_until_there_is_room_and_keeps_the_draft",
                ],
            ),
            Promise(
                "One key (Ctrl-s), and any command by itself, sends the words straight to the server: it records them once, or they stay with you.",
                &[
                    "full_disk::words_that_a_full_disk_does_not_take_go_to_the_server_by_one_key",
                    "full_disk::a_command_on_a_full_disk_records_at_the_server_or_gives_the_words_back",
                    "disk_faults::what_the_disk_does_not_take_reaches_the_server_once_however_often_it_is_tried",
                    "war_room::states::one_key_after_not_saved_sends_the_words_straight_to_the_server",
                ],
            ),
            Promise(
                "Reading goes on, and free space is noticed.",
                &[
                    "full_disk::a_server_on_a_full_disk_takes_nothing_reads_on_and_takes_it_once_there_is_room",
                    "server_faults::a_full_disk_is_said_and_freed_space_is_noticed",
                    "store::sqlite::tests::a_full_disk_takes_nothing_and_passes",
                ],
            ),
        ],
    },
    Row {
        when: "a database is damaged: a flipped bit, a lost -wal file",
        promises: &[
            Promise(
                "It is noticed and named.",
                &[
                    "replica_damage::records_are_fetched_again_and_a_flipped_bit_is_found_by_a_walk",
                    "replica_damage::a_removed_wal_is_said",
                    "flipped_bits::a_bit_of_a_log_that_is_turned_over_is_found_or_changes_no_record",
                    "flipped_bits::a_server_whose_wal_was_taken_away_does_not_pretend",
                    "verify::a_changed_replica_is_named_by_its_first_bad_record",
                    "verify::a_changed_server_database_is_named_by_its_first_bad_record",
                    "bad_input::words_that_were_changed_on_disk_are_noticed_and_end_all_writing",
                    "store::sqlite::tests::a_flipped_bit_at_the_end_is_noticed",
                    "store::sqlite::tests::a_log_that_lost_its_end_is_refused_until_that_is_accepted",
                ],
            ),
            Promise(
                "What was not sent and is not as it was written is kept, shown and never sent; `doctor` and `verify` name it.",
                &[
                    "flipped_bits::a_bit_of_an_unsent_event_that_is_turned_over_is_found_and_the_event_never_sent",
                    "replica_damage::an_unsent_event_that_is_not_as_it_was_written_is_kept_and_never_sent",
                    "replica_damage::doctor_and_verify_name_an_unsent_event_that_is_not_as_it_was_written",
                    "replica::database::tests::what_waited_before_there_were_hashes_gets_them",
                ],
            ),
            Promise(
                "The file is set aside, never deleted; what was not sent and drafts are saved out of it, the rest is fetched again.",
                &[
                    "replica_damage::a_damaged_beginning_is_mended_on_a_copy",
                    "replica_damage::nobody_sets_aside_what_another_has_open",
                    "kill_loop::a_repair_killed_at_any_moment_is_done_by_the_next_opening",
                    "disk_faults::a_repair_that_finds_the_disk_full_has_changed_nothing",
                    "cli_server::a_damaged_replica_is_told_with_its_exit_code",
                ],
            ),
        ],
    },
    Row {
        when: "the server is put back from an old backup",
        promises: &[
            Promise(
                "An alarm; what you had said since is sent again, what others said is offered.",
                &[
                    "restore::a_restored_server_alarms_everyone_and_gets_back_what_its_backup_did_not_hold",
                    "faults::a_server_restored_from_an_older_copy_says_so_and_nothing_is_dropped",
                    "postgres_faults::a_standby_that_lacked_records_is_noticed_and_everyone_is_told",
                ],
            ),
            Promise(
                "Another log under the same address is refused in words, and nothing is sent to it.",
                &[
                    "cli_server::another_log_under_the_same_address_is_refused_and_nothing_is_sent",
                    "restore::a_backup_of_another_log_or_of_nothing_changes_nothing",
                ],
            ),
        ],
    },
    Row {
        when: "the answer to what you sent is lost",
        promises: &[Promise(
            "It is sent again and is in the log once; the same id with other words is refused.",
            &[
                "sync_http::a_lost_answer_records_nothing_twice",
                "toxic::whatever_becomes_of_the_line_everything_written_arrives_exactly_once",
                "server_events::a_push_is_answered_event_by_event",
            ],
        )],
    },
    Row {
        when: "the server is away, busy or silent, or the line to it is bad",
        promises: &[
            Promise(
                "You go on writing; what waits is counted, beside how long the server has been away, and goes when it is back.",
                &[
                    "faults::two_people_write_on_while_the_server_is_away_and_agree_when_it_is_back",
                    "cli_server::with_the_server_gone_everything_goes_on_and_is_sent_later_once",
                    "toxic::before_a_server_that_takes_calls_and_never_answers_one_writes_on_and_it_is_sent_later",
                    "war_room::states::the_link_says_how_it_stands",
                ],
            ),
            Promise(
                "Over a slow, thin, breaking or lossy line everything arrives, once.",
                &[
                    "toxic::a_slow_line_and_a_thin_one_bring_everything_once",
                    "toxic::whatever_becomes_of_the_line_everything_written_arrives_exactly_once",
                ],
            ),
            Promise(
                "A silent line is `stale` after 20 s and given up after 35 s.",
                &[
                    "replica::sync::tests::a_silent_stream_is_stale_at_20_s_and_dead_at_35_s",
                    "server_stream::a_quiet_stream_shows_that_it_lives",
                ],
            ),
            Promise(
                "Tries come at growing, uneven intervals, and not before the server wants them.",
                &[
                    "replica::sync::tests::waits_grow_to_a_quarter_minute_and_obey_retry_after",
                    "toxic::who_is_told_when_to_come_again_does_not_come_earlier",
                    "server_faults::more_than_the_log_can_take_is_told_to_come_again",
                    "server_policy::a_token_that_is_too_busy_is_told_when_to_come_again",
                ],
            ),
            Promise(
                "What a proxy or a stranger answers judges nothing you wrote: it says who said what, and tries again.",
                &[
                    "toxic::what_something_between_says_judges_no_event",
                    "toxic::a_command_before_a_guard_says_who_said_no_and_keeps_the_words",
                ],
            ),
            Promise(
                "A server that is stopped tells its readers, who come again at once.",
                &[
                    "server_stream::many_streams_see_the_same_and_end_with_the_server",
                    "replica::sync::tests::a_server_that_leaves_in_good_order_is_looked_for_at_once",
                ],
            ),
            Promise(
                "A reader too slow for the news slows nobody else.",
                &["server_stream::a_reader_that_takes_nothing_is_cut_and_slows_nobody"],
            ),
        ],
    },
    Row {
        when: "the server refuses one thing you wrote",
        promises: &[Promise(
            "It waits in sight with the reason, with what depends on it behind it; the rest goes on.",
            &[
                "sync_http::what_depends_on_a_refused_event_waits_behind_it",
                "war_room::states::what_the_server_refused_waits_for_a_person",
                "replica::sync::tests::a_body_that_fails_as_a_whole_is_halved_until_the_one_that_fails_is_found",
            ],
        )],
    },
    Row {
        when: "two people change the same thing while apart",
        promises: &[Promise(
            "Both versions are kept, the same one stands everywhere, whoever lost is told, and `M` merges them.",
            &[
                "sync_http::an_entry_amended_by_two_offline_shows_both_versions_until_one_merges_them",
                "war_room::timeline::two_versions_are_both_visible_and_one_key_merges_them",
                "war_room::states::crossed_changes_are_told_until_they_are_seen",
                "command_of_incident::of_two_takings_while_apart_the_first_stands_and_the_second_is_told",
            ],
        )],
    },
    Row {
        when: "a token is revoked or runs out",
        promises: &[
            Promise(
                "News stop within five seconds.",
                &[
                    "server_stream::a_revoked_token_is_cut_off_within_five_seconds",
                    "locked_out::an_open_stream_is_cut_when_its_token_ends_and_its_last_use_is_kept",
                ],
            ),
            Promise(
                "The screen says so and records nothing more; what you typed is there when you come back with another token.",
                &["locked_out::a_person_whose_token_was_revoked_reads_on_and_finds_the_draft_again"],
            ),
            Promise(
                "An open war room goes on with a new token within five seconds, and sends what waited.",
                &["locked_out::an_open_war_room_goes_on_with_a_new_token"],
            ),
            Promise(
                "What you wrote stays and waits for a better token; a command says so when it writes.",
                &[
                    "sync_http::a_viewer_reads_and_what_it_wrote_waits_for_a_better_token",
                    "locked_out::a_command_whose_token_has_ended_says_so_at_once_and_keeps_the_words",
                ],
            ),
            Promise("It is never sent as somebody else.", &["sync_http::one_persons_outbox_is_not_sent_as_another"]),
        ],
    },
    Row {
        when: "a clock jumps, is wrong, or goes back an hour",
        promises: &[
            Promise(
                "Words are kept, spans stay true, timers run by a clock that does not jump.",
                &[
                    "war_room::clock::whatever_the_wall_clock_does_words_are_kept_and_spans_make_sense",
                    "war_room::clock::a_notice_goes_when_its_time_on_the_steady_clock_is_over_and_not_before",
                    "replica::mint::tests::ids_rise_even_when_the_clock_does_not",
                ],
            ),
            Promise(
                "How far your clock is off is shown; in an hour that comes twice a time means the latest that is past.",
                &[
                    "war_room::states::the_link_says_how_it_stands",
                    "text::moment::tests::a_clock_set_back_has_the_time_twice",
                    "text::moment::tests::a_time_the_clock_skipped_is_the_day_before",
                ],
            ),
        ],
    },
    Row {
        when: "the terminal hangs up or dies, or the program is stopped or panics",
        promises: &[
            Promise(
                "Your words are kept and the terminal is given back as it was.",
                &[
                    "terminal_manners::signals_give_the_terminal_back_and_keep_the_draft",
                    "terminal_manners::a_panic_in_any_thread_gives_the_terminal_back",
                    "terminal_manners::suspending_gives_the_shell_its_terminal_and_comes_back_whole",
                    "write_pty::words_are_kept_however_the_terminal_goes",
                ],
            ),
            Promise(
                "It ends at once, and nothing is left spinning.",
                &[
                    "terminal_manners::a_terminal_taken_away_ends_the_program_at_once_and_keeps_the_words",
                    "terminal_manners::a_leader_that_ignores_the_hangup_changes_nothing_and_nothing_spins",
                ],
            ),
        ],
    },
    Row {
        when: "the window changes its size again and again, down to one cell",
        promises: &[Promise(
            "The last picture is right, and a screen too small says what it needs.",
            &[
                "terminal_manners::a_storm_of_sizes_ends_in_the_right_picture",
                "war_room::hostile::a_resize_storm_ends_in_the_right_frame",
                "war_room::hostile::any_keys_at_any_size_never_panic_and_never_leak",
                "war_room::hostile::small_terminals_get_one_honest_line",
            ],
        )],
    },
    Row {
        when: "words try to act on your terminal, or to look like others",
        promises: &[
            Promise(
                "They are shown harmless (`␛`, `<U+202E>`), and the layout holds.",
                &[
                    "war_room::hostile::hostile_text_is_shown_harmless_and_keeps_the_layout",
                    "terminal_bytes::no_words_from_anywhere_tell_the_terminal_anything",
                    "terminal_bytes::a_line_of_a_megabyte_is_as_harmless",
                    "terminal_bytes::the_program_itself_sends_and_prints_nothing_but_what_it_means",
                    "text::safe_tests::nothing_forbidden_survives",
                ],
            ),
            Promise(
                "The log keeps the exact bytes.",
                &["golden::event_bytes_are_frozen", "server_events::a_push_is_answered_event_by_event"],
            ),
        ],
    },
    Row {
        when: "programs send what cannot be read, or without end",
        promises: &[
            Promise(
                "They are told what is wrong (400, 408, 413, 415, 431), in little memory, and others are served meanwhile.",
                &[
                    "server_events::a_bad_body_takes_nothing",
                    "server_limits::a_body_without_end_is_answered_in_little_memory",
                    "bad_input::a_gigabyte_is_answered_in_little_memory_by_the_real_server",
                    "server_limits::slow_bodies_are_told_so",
                    "server_limits::heads_that_are_too_long_are_refused",
                    "server_limits::more_bodies_than_memory_are_told_to_come_again",
                    "server_limits::packed_bodies_are_refused_packed",
                    "server_limits::one_address_takes_only_its_share_of_the_places",
                    "hostile_clients::whatever_the_rude_do_the_polite_are_served_in_bounded_memory",
                ],
            ),
            Promise(
                "One bad event of a list is refused alone.",
                &[
                    "server_events::one_malformed_event_is_refused_alone",
                    "server::intake::alertmanager::tests::one_bad_alert_leaves_the_others",
                ],
            ),
            Promise(
                "An alert with a good token that cannot be read is kept as it came, and shown.",
                &[
                    "intake::a_body_that_cannot_be_read_is_kept_and_shown_once",
                    "bad_input::what_is_too_deep_or_no_text_is_kept_as_it_came_from_alerts_and_refused_from_others",
                ],
            ),
            Promise(
                "One that is not signed as it must be is refused unread, and one that comes again changes nothing.",
                &[
                    "webhooks::without_a_signature_that_fits_nothing_is_taken",
                    "webhooks::what_was_taken_changes_nothing_when_it_comes_again",
                ],
            ),
            Promise(
                "A server that sends garbage changes nothing here.",
                &[
                    "hostile_stream::garbage_on_the_stream_changes_no_record_and_loses_no_word",
                    "cli_server::a_stranger_who_answers_without_end_is_left",
                ],
            ),
        ],
    },
    Row {
        when: "older and newer versions meet",
        promises: &[
            Promise(
                "An old program leaves the files of a newer one alone, and says so.",
                &[
                    "cli_server::stores_of_a_newer_version_are_left_alone",
                    "replica_alone::a_home_is_closed_to_others_and_a_newer_format_is_refused",
                    "store::sqlite::migrate::tests::a_newer_or_foreign_file_is_refused_in_words",
                ],
            ),
            Promise(
                "A newer one keeps a copy before it changes anything.",
                &[
                    "replica::database::tests::an_older_format_is_brought_to_the_newest_and_kept_beside_it",
                    "store::sqlite::migrate::tests::steps_are_taken_once_with_a_backup_before",
                ],
            ),
            Promise(
                "Events and fields of a later version are kept as they are.",
                &["golden::unknown_kinds_and_fields_are_kept_and_bad_bytes_say_why"],
            ),
        ],
    },
    Row {
        when: "the home cannot be written, or the folder for temporary files is full",
        promises: &[
            Promise(
                "The war room works from memory under a banner that says so; a command names `--home DIR`.",
                &[
                    "unwritable::a_home_that_cannot_be_made_is_held_in_memory_under_a_banner",
                    "unwritable::a_home_on_a_read_only_file_system_is_read_into_memory",
                    "faults::a_home_that_cannot_be_written_is_told_in_words",
                ],
            ),
            Promise(
                "A full folder for temporary files hinders nothing.",
                &["full_disk::a_full_folder_for_temporary_files_hinders_nothing"],
            ),
        ],
    },
];
