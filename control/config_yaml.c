/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML events to tree. The event parser is used, not libfyaml's documents: events show an alias
 * before anything is copied, and memory stays ours to bound.
 */
#include "control/config_yaml.h"

#include <libfyaml.h>

#include <errno.h>
#include <string.h>

#define DEPTH_MAX 16u // the schema needs 6

struct builder {
	const char *text;
	size_t octets;
	struct config_tree *tree;
	struct config_report *report;
	struct config_node *parent; // open map or list; NULL: none
	const char *key;            // key of the open map that waits for its value
	struct config_mark key_mark;
	uint32_t depth;
	uint32_t n_documents;
	bool is_stopped; // a problem was reported
};

static struct config_mark mark_of(const struct fy_mark *mark, struct config_mark otherwise) {
	if (mark == NULL || mark->line < 0 || mark->column < 0)
		return otherwise;
	return (struct config_mark){(uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
}

/*
 * libfyaml's mark of a quoted text, an anchor or an alias stands behind its first character; people
 * look for that one.
 */
static struct config_mark
mark_of_opening(const struct builder *builder, const struct fy_mark *mark, const char *openings) {
	struct config_mark opening = mark_of(mark, builder->key_mark);

	if (mark == NULL || mark->input_pos == 0 || mark->input_pos > builder->octets)
		return opening;
	if (builder->text[mark->input_pos - 1] != '\0' &&
	    strchr(openings, builder->text[mark->input_pos - 1]) != NULL)
		opening.column--;
	return opening;
}

/* A value that is not there stands where its word does: libfyaml's own idea of its place differs
 * between releases. */
static struct config_mark scalar_mark(const struct builder *builder, struct fy_event *event) {
	enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
	size_t octets = 0;

	fy_token_get_text(event->scalar.value, &octets);
	if (octets == 0 && style != FYSS_SINGLE_QUOTED && style != FYSS_DOUBLE_QUOTED)
		return builder->key_mark;
	const char *openings = style == FYSS_DOUBLE_QUOTED   ? "\""
			       : style == FYSS_SINGLE_QUOTED ? "'"
							     : "";

	return mark_of_opening(builder, fy_event_start_mark(event), openings);
}

static void stop(struct builder *builder, struct config_mark mark, const char *problem) {
	config_problem(builder->report, &mark, "%s", problem);
	builder->is_stopped = true;
}

static void stop_without_memory(struct builder *builder) {
	config_report_no_memory(builder->report);
	builder->is_stopped = true;
}

/* The terminated text of a scalar, or NULL after stop(). An absent token is an empty text. */
static const char *
scalar_text(struct builder *builder, struct fy_token *token, struct config_mark mark) {
	size_t octets = 0;
	const char *text = token == NULL ? "" : fy_token_get_text(token, &octets);
	const char *copy;

	if (text != NULL && memchr(text, '\0', octets) != NULL) {
		stop(builder, mark, "the text holds a NUL character; remove it");
		return NULL;
	}
	copy = text == NULL ? NULL : config_tree_text(builder->tree, text, octets);
	if (copy == NULL)
		stop_without_memory(builder);
	return copy;
}

static void take_key(struct builder *builder, const char *text, struct config_mark mark) {
	if (strcmp(text, "<<") == 0) {
		stop(builder, mark, "merge keys are not supported; write the words out");
		return;
	}
	builder->key = text;
	builder->key_mark = mark;
}

/* Adds a node at the builder's place and uses up the waiting key. NULL after stop(). */
static struct config_node *add_node(struct builder *builder, struct config_node like) {
	struct config_node *node;

	like.key = builder->key;
	like.key_mark = builder->key_mark;
	builder->key = NULL;
	if (builder->tree->n_nodes >= CONFIG_NODES_MAX) {
		stop(builder, like.mark, "the file holds too many values; remove links");
		return NULL;
	}
	node = config_tree_add(builder->tree, builder->parent, &like);
	if (node == NULL)
		stop_without_memory(builder);
	return node;
}

static bool awaits_key(const struct builder *builder) {
	return builder->parent != NULL && builder->parent->kind == NODE_MAP && builder->key == NULL;
}

static void on_scalar(struct builder *builder, struct fy_event *event) {
	struct config_mark mark = scalar_mark(builder, event);
	struct fy_token *token = event->scalar.value;
	const char *text = scalar_text(builder, token, mark);

	if (text == NULL)
		return;
	if (awaits_key(builder))
		take_key(builder, text, mark);
	else
		add_node(
			builder,
			(struct config_node){
				.kind = NODE_TEXT,
				.is_plain = fy_token_scalar_style(token) == FYSS_PLAIN,
				.text = text,
				.mark = mark,
			}
		);
}

static void on_open(struct builder *builder, enum config_node_kind kind, struct config_mark mark) {
	struct config_node *node;

	if (awaits_key(builder)) {
		stop(builder, mark,
		     "a map or list stands where a word is needed; write 'word: value'");
		return;
	}
	if (builder->depth >= DEPTH_MAX) {
		stop(builder, mark, "the file is nested too deeply; see docs/configuration.md");
		return;
	}
	node = add_node(builder, (struct config_node){.kind = kind, .mark = mark});
	if (node == NULL)
		return;
	builder->parent = node;
	builder->depth++;
}

static void on_close(struct builder *builder) {
	builder->parent = builder->parent->parent;
	builder->depth--;
}

/* True, after stop(), for what could make a small file a large document or change its types. */
static bool is_refused(struct builder *builder, struct fy_event *event) {
	const struct fy_mark *start = fy_event_start_mark(event);
	struct fy_token *anchor = fy_event_get_anchor_token(event);
	struct fy_token *tag = fy_event_get_tag_token(event);

	if (event->type == FYET_ALIAS)
		stop(builder, mark_of_opening(builder, start, "*"),
		     "aliases are not supported; write the value out");
	else if (anchor != NULL)
		stop(builder, mark_of_opening(builder, fy_token_start_mark(anchor), "&"),
		     "anchors are not supported; remove '&...'");
	else if (tag != NULL)
		stop(builder, mark_of_opening(builder, fy_token_start_mark(tag), ""),
		     "tags are not supported; remove '!...'");
	else if (event->type == FYET_DOCUMENT_START && ++builder->n_documents > 1)
		stop(builder, mark_of(start, builder->key_mark),
		     "a second document begins; keep one document per file");
	return builder->is_stopped;
}

static void on_event(struct builder *builder, struct fy_event *event) {
	struct config_mark mark = mark_of(fy_event_start_mark(event), builder->key_mark);

	if (is_refused(builder, event))
		return;
	switch (event->type) {
	case FYET_SCALAR:
		on_scalar(builder, event);
		break;
	case FYET_MAPPING_START:
		on_open(builder, NODE_MAP, mark);
		break;
	case FYET_SEQUENCE_START:
		on_open(builder, NODE_LIST, mark);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		on_close(builder);
		break;
	default:
		break;
	}
}

/* libfyaml's own complaint, as one of ours. Later ones follow from the first. */
static void report_syntax(struct builder *builder, struct fy_diag *diag) {
	void *iterator = NULL;
	struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);
	struct config_mark mark = {0};

	if (error != NULL && error->line >= 0 && error->column >= 0)
		mark = (struct config_mark){(uint32_t)error->line, (uint32_t)error->column};
	config_problem(
		builder->report, &mark, "not YAML: %s; mend the syntax here or just above",
		error != NULL && error->msg != NULL ? error->msg : "syntax error"
	);
}

/* libfyaml prints some complaints itself unless it is given a sink. */
static void swallow(struct fy_diag *diag, void *user, const char *text, size_t octets) {
	(void)diag;
	(void)user;
	(void)text;
	(void)octets;
}

static struct fy_diag *quiet_diag(void) {
	struct fy_diag_cfg options;
	struct fy_diag *diag;

	fy_diag_cfg_default(&options);
	options.fp = NULL;
	options.output_fn = swallow;
	diag = fy_diag_create(&options);
	if (diag != NULL)
		fy_diag_set_collect_errors(diag, true);
	return diag;
}

static void run(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag) {
	struct fy_event *event;

	while (!builder->is_stopped && (event = fy_parser_parse(parser)) != NULL) {
		on_event(builder, event);
		fy_parser_event_free(parser, event);
	}
	if (builder->is_stopped)
		return;
	if (fy_parser_get_stream_error(parser))
		report_syntax(builder, diag);
	else if (builder->tree->root == NULL)
		stop(builder, (struct config_mark){0}, "the file is empty; begin with 'links:'");
}

void config_yaml_parse(
	const char *text, size_t octets, struct config_tree *tree, struct config_report *report
) {
	struct builder builder = {
		.text = text,
		.octets = octets,
		.tree = tree,
		.report = report,
	};
	struct fy_diag *diag = quiet_diag();
	struct fy_parse_cfg options = {
		.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
		.diag = diag,
	};
	struct fy_parser *parser = NULL;
	bool is_run = false;

	if (diag == NULL)
		goto out;
	parser = fy_parser_create(&options);
	if (parser == NULL || fy_parser_set_string(parser, text, octets) != 0)
		goto out;
	run(&builder, parser, diag);
	is_run = true;
out:
	if (!is_run)
		config_report_no_memory(report);
	fy_parser_destroy(parser);
	fy_diag_destroy(diag);
}
