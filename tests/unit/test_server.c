/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket as its clients and the file system see it. */
#include "tests/unit/server_lab.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The loops below wait without a limit of their own. */
TestSuite(server, .init = lab_begin, .fini = lab_end, .timeout = 60);

Test(server, answers_and_keeps_the_connection) {
	lab_start(&server_default_limits);
	const int fd = client_connect();

	for (int i = 0; i < 3; i++) {
		client_send(fd, ASK, strlen(ASK));
		assert_answered(fd, "\"result\":{\"methods\":[");
	}
	close(fd);
}

Test(server, socket_is_for_owner_and_group_only_and_goes_with_the_server) {
	struct stat found;

	lab_start(&server_default_limits);
	cr_assert_eq(lstat(lab.path, &found), 0);
	cr_assert_eq(found.st_mode, (mode_t)(S_IFSOCK | 0660));
	server_stop(lab.server);
	lab.server = NULL;
	cr_assert_eq(lstat(lab.path, &found), -1);
}

Test(server, replaces_a_socket_that_nobody_listens_on) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, lab.path, strlen(lab.path) + 1);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	lab_start(&server_default_limits);
	close(client_connect());
}

Test(server, leaves_alone_what_is_not_its_own) {
	struct server *second;

	lab_start(&server_default_limits);
	cr_assert_eq(server_start(lab.base, lab.fake, lab.path, &second), -EADDRINUSE);
	close(client_connect());
	server_stop(lab.server);
	lab.server = NULL;

	close(open(lab.path, O_CREAT | O_WRONLY, 0600));
	cr_assert_eq(server_start(lab.base, lab.fake, lab.path, &second), -EEXIST);
	cr_assert_eq(access(lab.path, F_OK), 0);
}

Test(server, does_not_remove_the_socket_of_a_successor) {
	struct server *second;

	lab_start(&server_default_limits);
	unlink(lab.path);
	cr_assert_eq(server_start(lab.base, lab.fake, lab.path, &second), 0);
	server_stop(lab.server);
	lab.server = second;
	close(client_connect());
}

Test(server, says_what_is_wrong_with_a_path) {
	char wrong[256];

	snprintf(wrong, sizeof(wrong), "%s/none/control.sock", lab.folder);
	cr_assert_eq(server_start(lab.base, lab.fake, wrong, &lab.server), -ENOENT);
	memset(wrong, 'a', sizeof(wrong) - 1);
	wrong[sizeof(wrong) - 1] = '\0';
	cr_assert_eq(server_start(lab.base, lab.fake, wrong, &lab.server), -ENAMETOOLONG);
	cr_assert_eq(server_start(lab.base, lab.fake, "", &lab.server), -ENAMETOOLONG);
	cr_assert_null(lab.server);
}

Test(server, serves_250_clients_at_once) {
	int fds[250];

	lab_start(&server_default_limits);
	for (int i = 0; i < 250; i++) {
		fds[i] = client_connect();
		event_base_loop(lab.base, EVLOOP_NONBLOCK);
	}
	for (int i = 0; i < 250; i++)
		client_send(fds[i], ASK_LINKS, strlen(ASK_LINKS));
	for (int i = 249; i >= 0; i--) {
		assert_answered(fds[i], "\"name\":\"lab\"");
		close(fds[i]);
	}
}

Test(server, a_full_house_gives_up_the_longest_silent_client) {
	struct server_limits limits = server_default_limits;

	limits.clients = 2;
	lab_start(&limits);
	const int first = client_connect(), second = client_connect();
	client_send(second, ASK, strlen(ASK));
	assert_answered(second, "result");
	client_send(first, ASK, strlen(ASK));
	assert_answered(first, "result");
	const int third = client_connect();
	client_send(third, ASK, strlen(ASK));
	assert_answered(third, "result");
	assert_cut_off(second);
	client_send(first, ASK, strlen(ASK));
	assert_answered(first, "result");
	close(first);
	close(third);
}

/* Lines that wait in a client's socket. */
static size_t lines_read(int fd) {
	static char octets[1u << 16];
	const ssize_t got = read(fd, octets, sizeof(octets));
	size_t lines = 0;

	for (ssize_t i = 0; i < got; i++)
		lines += octets[i] == '\n';
	return lines;
}

Test(server, answers_one_request_per_turn_of_the_loop) {
	size_t lines = 0, turns = 0;

	lab_start(&server_default_limits);
	const int fds[] = {client_connect(), client_connect()};
	for (size_t i = 0; i < 20; i++)
		cr_assert_gt(send(fds[i % 2], ASK, strlen(ASK), 0), 0);
	for (; lines < 20; turns++) {
		cr_assert_lt(turns, 1000u);
		event_base_loop(lab.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
		const size_t answered = lines_read(fds[0]) + lines_read(fds[1]);
		cr_assert_leq(answered, 1u, "%zu answers in one turn", answered);
		lines += answered;
	}
	close(fds[0]);
	close(fds[1]);
}

Test(server, answers_pipelined_requests_in_order) {
	char request[128];

	lab_start(&server_default_limits);
	const int fd = client_connect();
	for (int i = 0; i < 500; i++) {
		const int n = snprintf(
			request, sizeof(request),
			"{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"rpc.list\"}\n", i
		);
		client_send(fd, request, (size_t)n);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(request, sizeof(request), "\"id\":%d,", i);
		assert_answered(fd, request);
	}
	close(fd);
}

Test(server, answers_a_client_that_has_ended_its_side) {
	lab_start(&server_default_limits);
	const int fd = client_connect();

	client_send(fd, ASK ASK "{\"half", strlen(ASK ASK "{\"half"));
	shutdown(fd, SHUT_WR);
	assert_answered(fd, "result");
	assert_answered(fd, "result");
	assert_cut_off(fd);
}
