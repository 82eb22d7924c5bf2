/* Count errors of pairs of texts in the columns of Arrow, exactly as align.py does, after normalising ASCII texts exactly
   as normalize.py does. Hash ids, and what they look like, for repeats.py.

   Align pairs in the same way, for what is wrong and what it becomes.

   What this module does not count or align, Python does: texts beyond ASCII that are to be normalised, and pairs so long that
   RapidFuzz would divide them (Hirschberg), which can change the choice among alignments of equal cost. Memory for counts
   grows with the length of texts; an alignment takes one byte for each pair of words, at most 2 MiB. The GIL is released
   while a long pair is counted. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 3 /* as in compiled.py; changes with the arguments or results of a function */
#define LONGEST_TEXT ((size_t)1 << 24) /* bytes */
#define MOST_CELLS ((size_t)1 << 21)   /* half of RapidFuzz's limit: 2 bits per cell and less than 1 MiB */
#define LONG_PAIR ((size_t)1 << 12)    /* bytes, from which on the GIL is released */
#define WORK_BETWEEN_SIGNALS ((size_t)1 << 24)
#define UNKNOWN UINT32_MAX

typedef unsigned char Byte;

typedef struct {
    const Byte *start;
    size_t size;
} Span; /* a text, or a word of one */

typedef struct {
    void *start;
    size_t bytes;
} Block; /* memory that grows and is used again */

typedef struct {
    Block normal[2], words[2], tokens[2], table, distance, hits, joined, steps, partner;
} Scratch;

typedef enum { COUNTED, LEFT, NO_MEMORY } Outcome;

static int reserve(Block *block, size_t bytes) {
    if (bytes > block->bytes || block->start == NULL) {
        free(block->start);
        block->bytes = bytes + bytes / 2 + 64;
        block->start = malloc(block->bytes);
        if (block->start == NULL) block->bytes = 0;
    }
    return block->start != NULL;
}

static void release(Scratch *scratch) {
    Block *blocks = (Block *)scratch; /* nothing but blocks */
    for (size_t i = 0; i < sizeof *scratch / sizeof *blocks; i++) free(blocks[i].start);
}

/* Bytes of the whitespace at a place, 0 if there is none: the code points of str.isspace(). */
static inline size_t space_at(const Byte *at, const Byte *end) {
    if (*at <= 32) return (*at >= 9 && *at <= 13) || *at >= 28;
    if (*at < 0xC2 || *at > 0xE3) return 0;
    if (*at == 0xC2) return end - at >= 2 && (at[1] == 0x85 || at[1] == 0xA0) ? 2 : 0;
    if (*at < 0xE1 || end - at < 3) return 0;
    if (*at == 0xE1) return at[1] == 0x9A && at[2] == 0x80 ? 3 : 0;                    /* U+1680 */
    if (*at == 0xE3) return at[1] == 0x80 && at[2] == 0x80 ? 3 : 0;                    /* U+3000 */
    if (at[1] == 0x81) return at[2] == 0x9F ? 3 : 0;                                   /* U+205F */
    if (at[1] != 0x80) return 0;
    return at[2] <= 0x8A || at[2] == 0xA8 || at[2] == 0xA9 || at[2] == 0xAF ? 3 : 0;   /* U+2000 to U+202F */
}

/* Divide a text into words; there is room for (size + 1) / 2 of them. */
static size_t split_words(Span text, Span *words) {
    const Byte *at = text.start, *end = at + text.size;
    size_t n = 0, blank;
    while (at < end) {
        if ((blank = space_at(at, end)) != 0) {
            at += blank;
            continue;
        }
        const Byte *start = at;
        do at++;
        while (at < end && !space_at(at, end));
        words[n++] = (Span){start, (size_t)(at - start)};
    }
    return n;
}

/* Write the UTF-8 of each character other than whitespace as one integer; there is room for as many as bytes. */
static size_t split_characters(Span text, uint32_t *tokens) {
    const Byte *at = text.start, *end = at + text.size;
    size_t n = 0, blank;
    while (at < end) {
        if ((blank = space_at(at, end)) != 0) {
            at += blank;
            continue;
        }
        uint32_t token = *at++;
        while (at < end && (*at & 0xC0) == 0x80) token = token << 8 | *at++;
        tokens[n++] = token;
    }
    return n;
}

/* Count the words, or the characters other than whitespace. */
static size_t count_tokens(Span text, int characters) {
    const Byte *at = text.start, *end = at + text.size;
    size_t n = 0, after_blank = 1;
    while (at < end) {
        size_t blank = space_at(at, end);
        n += (blank == 0) & (characters ? (*at & 0xC0) != 0x80 : after_blank);
        after_blank = blank != 0;
        at += blank + (blank == 0);
    }
    return n;
}

/* Cut off the bytes that both texts begin and end with, to whole words or characters; return the number of these. */
static size_t cut_common(Span text[2], int characters) {
    const Byte *one = text[0].start, *other = text[1].start;
    size_t common = text[0].size < text[1].size ? text[0].size : text[1].size, start = 0, end = 0;
    while (common - start >= 8 && memcmp(one + start, other + start, 8) == 0) start += 8;
    while (start < common && one[start] == other[start]) start++;
    if (start < text[0].size || start < text[1].size) {
        const Byte *longer = text[0].size > start ? one : other;
        while (start > 0 && (characters ? (longer[start] & 0xC0) == 0x80 : one[start - 1] != ' ')) start--;
        const Byte *one_end = one + text[0].size, *other_end = other + text[1].size;
        common -= start;
        while (common - end >= 8 && memcmp(one_end - end - 8, other_end - end - 8, 8) == 0) end += 8;
        while (end < common && *(one_end - end - 1) == *(other_end - end - 1)) end++;
        while (end > 0 && (characters ? (*(one_end - end) & 0xC0) == 0x80 : *(one_end - end) != ' ')) end--;
    }
    size_t n = count_tokens((Span){one, start}, characters) +
               count_tokens((Span){one + text[0].size - end, end}, characters);
    for (int side = 0; side < 2; side++) text[side] = (Span){text[side].start + start, text[side].size - start - end};
    return n;
}

static inline int same(Span one, Span other) {
    return one.size == other.size && memcmp(one.start, other.start, one.size) == 0;
}

static inline uint32_t hash_of(Span word) {
    uint64_t hash = word.size, part;
    const Byte *at = word.start;
    size_t left = word.size;
    for (; left >= 8; left -= 8, at += 8) {
        memcpy(&part, at, 8);
        hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    for (part = 0; left > 0; left--) part = part << 8 | at[left - 1];
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(hash >> 32);
}

/* Number the words of the shorter text, and find those of the longer one among them. Looking up costs no more than the
   table of distances, whatever the words are, because only the shorter text is in the table of words. */
static int number_words(Scratch *scratch, const Span *shorter, size_t n, const Span *longer, size_t m) {
    size_t slots = 4;
    while (slots < 2 * n) slots *= 2;
    if (!reserve(&scratch->table, slots * sizeof(uint32_t)) || !reserve(&scratch->tokens[0], n * sizeof(uint32_t)) ||
        !reserve(&scratch->tokens[1], m * sizeof(uint32_t)))
        return 0;
    uint32_t *table = scratch->table.start, *mine = scratch->tokens[0].start, *other = scratch->tokens[1].start;
    memset(table, 0xFF, slots * sizeof(uint32_t));
    for (size_t i = 0; i < n; i++) {
        size_t slot = hash_of(shorter[i]) & (slots - 1);
        while (table[slot] != UNKNOWN && !same(shorter[table[slot]], shorter[i])) slot = (slot + 1) & (slots - 1);
        if (table[slot] == UNKNOWN) table[slot] = (uint32_t)i;
        mine[i] = table[slot];
    }
    for (size_t i = 0; i < m; i++) {
        size_t slot = hash_of(longer[i]) & (slots - 1);
        while (table[slot] != UNKNOWN && !same(shorter[table[slot]], longer[i])) slot = (slot + 1) & (slots - 1);
        other[i] = table[slot];
    }
    return 1;
}

/* Levenshtein distance and hits of the alignment that RapidFuzz chooses: from the end, a deletion if one is optimal,
   else an insertion if the cell before it is below the one on the diagonal, else a hit or a substitution. One row of
   the shorter text is kept. */
static inline void fill(const uint32_t *shorter, size_t n, const uint32_t *longer, size_t m, uint32_t *distance,
                        uint32_t *hits, int shorter_is_reference) {
    for (size_t j = 0; j <= n; j++) {
        distance[j] = (uint32_t)j;
        hits[j] = 0;
    }
    for (size_t i = 1; i <= m; i++) {
        uint32_t diagonal = distance[0], diagonal_hits = hits[0], token = longer[i - 1];
        uint32_t before = distance[0] = (uint32_t)i, before_hits = 0;
        for (size_t j = 1; j <= n; j++) {
            uint32_t above = distance[j], above_hits = hits[j], match = shorter[j - 1] == token;
            uint32_t deletion = shorter_is_reference ? before : above;
            uint32_t insertion = shorter_is_reference ? above : before;
            uint32_t least = deletion < insertion ? deletion : insertion;
            uint32_t cell = match ? diagonal : 1 + (diagonal < least ? diagonal : least);
            uint32_t cell_hits = diagonal_hits + match;
            if (insertion + 1 == diagonal) cell_hits = shorter_is_reference ? above_hits : before_hits;
            if (deletion + 1 == cell) cell_hits = shorter_is_reference ? before_hits : above_hits;
            distance[j] = before = cell;
            hits[j] = before_hits = cell_hits;
            diagonal = above;
            diagonal_hits = above_hits;
        }
    }
}

/* Counts of n reference and m hypothesis tokens, and of those kept out of the alignment, which are hits. */
static void write_counts(int64_t *counts, size_t n, size_t m, size_t distance, size_t kept, size_t hits) {
    int64_t substitutions = (int64_t)(n + m) - (int64_t)(distance + 2 * hits);
    counts[0] = substitutions;
    counts[1] = (int64_t)(n - hits) - substitutions;
    counts[2] = (int64_t)(m - hits) - substitutions;
    counts[3] = (int64_t)(kept + hits);
}

/* Count the errors of one pair: substitutions, deletions, insertions and hits. */
static Outcome count_pair(const Span pair[2], int characters, Scratch *scratch, int64_t *counts, size_t *work) {
    *work += pair[0].size + pair[1].size;
    if (pair[0].size > LONGEST_TEXT || pair[1].size > LONGEST_TEXT) return LEFT;
    Span text[2] = {pair[0], pair[1]};
    size_t kept = cut_common(text, characters), size[2], start = 0, end = 0, rest[2];
    for (int side = 0; side < 2; side++) {
        Block *block = characters ? &scratch->tokens[side] : &scratch->words[side];
        size_t bytes = characters ? text[side].size * sizeof(uint32_t) : (text[side].size + 1) / 2 * sizeof(Span);
        if (!reserve(block, bytes)) return NO_MEMORY;
        size[side] = characters ? split_characters(text[side], block->start) : split_words(text[side], block->start);
    }
    size_t common = size[0] < size[1] ? size[0] : size[1];
    const Span *words[2] = {scratch->words[0].start, scratch->words[1].start};
    const uint32_t *tokens[2] = {scratch->tokens[0].start, scratch->tokens[1].start};
#define SAME(i, j) (characters ? tokens[0][i] == tokens[1][j] : same(words[0][i], words[1][j]))
    while (start < common && SAME(start, start)) start++;
    while (end < common - start && SAME(size[0] - 1 - end, size[1] - 1 - end)) end++;
#undef SAME
    kept += start + end;
    for (int side = 0; side < 2; side++) rest[side] = size[side] - start - end;
    int shorter = rest[1] < rest[0], longer = !shorter;
    size_t n = rest[shorter], m = rest[longer];
    if (n == 0) {
        write_counts(counts, rest[0], rest[1], m, kept, 0);
        return COUNTED;
    }
    if (n > MOST_CELLS / m) return LEFT;
    *work += n * m;
    if (!reserve(&scratch->distance, (n + 1) * sizeof(uint32_t)) || !reserve(&scratch->hits, (n + 1) * sizeof(uint32_t)))
        return NO_MEMORY;
    const uint32_t *mine, *other;
    if (characters) {
        mine = tokens[shorter] + start;
        other = tokens[longer] + start;
    } else {
        if (!number_words(scratch, words[shorter] + start, n, words[longer] + start, m)) return NO_MEMORY;
        mine = scratch->tokens[0].start;
        other = scratch->tokens[1].start;
    }
    uint32_t *distance = scratch->distance.start, *hits = scratch->hits.start;
    if (shorter == 0)
        fill(mine, n, other, m, distance, hits, 1);
    else
        fill(mine, n, other, m, distance, hits, 0);
    write_counts(counts, rest[0], rest[1], distance[n], kept, hits[n]);
    return COUNTED;
}

/* What is left of an ASCII character: letters in lower case, digits and apostrophes; anything else separates words. */
static const Byte BASIC[129] =
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0'\0\0\0\0\0\0\0\0" "0123456789\0\0\0\0\0\0"
    "\0abcdefghijklmnopqrstuvwxyz\0\0\0\0\0"
    "'abcdefghijklmnopqrstuvwxyz\0\0\0\0\0";

/* Replace an ASCII text by what normalize_basic makes of it. Any other text is left. */
static Outcome normalize(Span *text, Block *block) {
    if (!reserve(block, text->size)) return NO_MEMORY;
    const Byte *at = text->start, *end = at + text->size;
    Byte *first = block->start, *to = first, character, all = 0;
    while (at < end) {
        Byte *word = to;
        if (to > first) *to++ = ' '; /* a separator was read before every word but the first */
        Byte *start = to;
        while (at < end) {
            all |= *at;
            if ((character = BASIC[*at++ & 127]) == 0) break;
            if (character != '\'' || to > start) *to++ = character;
        }
        while (to > start && to[-1] == '\'') to--;
        if (to == start) to = word;
    }
    if (all > 127) return LEFT;
    *text = (Span){first, (size_t)(to - first)};
    return COUNTED;
}

/* Hash a text as Python does, without the whitespace around it, or without any if characters are counted. */
static int hash_text(Span text, int characters, Block *block, int64_t *result) {
    const Byte *start = text.start, *end = start + text.size;
    size_t blank;
    if (characters) {
        if (!reserve(block, text.size)) {
            PyErr_NoMemory();
            return 0;
        }
        Byte *to = block->start;
        while (start < end) {
            if ((blank = space_at(start, end)) == 0) *to++ = *start;
            start += blank + (blank == 0);
        }
        start = block->start;
        end = to;
    } else {
        while (start < end && (blank = space_at(start, end)) != 0) start += blank;
        for (blank = 1; blank <= 3 && (size_t)(end - start) >= blank;)
            if (space_at(end - blank, end) == blank) {
                end -= blank;
                blank = 1;
            } else
                blank++;
    }
    PyObject *string = PyUnicode_DecodeUTF8((const char *)start, end - start, "strict");
    if (string == NULL) return 0;
    *result = PyObject_Hash(string);
    Py_DECREF(string);
    return *result != -1 || !PyErr_Occurred();
}

/* Text i of a column: 32-bit offsets into UTF-8. Returns 0 with an exception set. */
static int text_at(const Py_buffer *offsets, const Py_buffer *data, Py_ssize_t i, Span *text) {
    const int32_t *offset = (const int32_t *)offsets->buf + i;
    if (offset[0] < 0 || offset[1] < offset[0] || offset[1] > data->len) {
        PyErr_SetString(PyExc_ValueError, "offsets are outside the data");
        return 0;
    }
    *text = (Span){(const Byte *)data->buf + offset[0], (size_t)(offset[1] - offset[0])};
    return 1;
}

static int append_index(PyObject *list, Py_ssize_t i) {
    PyObject *number = PyLong_FromSsize_t(i);
    int failed = number == NULL || PyList_Append(list, number) < 0;
    Py_XDECREF(number);
    return !failed;
}

/* Buffers of the arguments of count(), in their order. */
enum { OFFSETS = 0, DATA = 2, COUNTS = 4, HASHES = 5, BUFFERS = 7 };

/* Returns 0 with an exception set. */
static int count_columns(Py_buffer *buffers, Py_ssize_t n, int basic, int characters, PyObject *left) {
    Scratch scratch = {0};
    size_t work = 0;
    int good = 1;
    for (Py_ssize_t i = 0; good && i < n; i++) {
        Span pair[2];
        Outcome outcome = COUNTED;
        for (int side = 0; good && side < 2; side++) {
            good = text_at(&buffers[OFFSETS + side], &buffers[DATA + side], i, &pair[side]);
            if (good && basic && outcome == COUNTED) outcome = normalize(&pair[side], &scratch.normal[side]);
        }
        if (good && outcome == COUNTED) {
            int64_t *counts = (int64_t *)buffers[COUNTS].buf + 4 * i;
            PyThreadState *state = pair[0].size + pair[1].size > LONG_PAIR ? PyEval_SaveThread() : NULL;
            outcome = count_pair(pair, characters, &scratch, counts, &work);
            if (state != NULL) PyEval_RestoreThread(state);
        }
        if (outcome == NO_MEMORY) {
            PyErr_NoMemory();
            good = 0;
        } else if (good && outcome == LEFT)
            good = append_index(left, i);
        else
            for (int side = 0; good && side < 2; side++)
                if (buffers[HASHES + side].len != 0)
                    good = hash_text(pair[side], characters, &scratch.joined, (int64_t *)buffers[HASHES + side].buf + i);
        if (good && work >= WORK_BETWEEN_SIGNALS) {
            good = PyErr_CheckSignals() == 0;
            work = 0;
        }
    }
    release(&scratch);
    return good;
}

PyDoc_STRVAR(count_doc,
"count(offsets, data, other_offsets, other_data, basic, characters, counts, hashes, other_hashes)\n--\n\n"
"Write S, D, I and hits of each pair of references and hypotheses into an int64 array of shape (n, 4), and hashes of both\n"
"texts into int64 arrays of shape (n,), or (0,) if they are not wanted. Return the rows that Python must count.");

static PyObject *count(PyObject *Py_UNUSED(module), PyObject *arguments) {
    Py_buffer buffers[BUFFERS] = {{0}};
    int basic, characters;
    PyObject *left = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*ppw*w*w*", &buffers[OFFSETS], &buffers[DATA], &buffers[OFFSETS + 1],
                          &buffers[DATA + 1], &basic, &characters, &buffers[COUNTS], &buffers[HASHES],
                          &buffers[HASHES + 1]))
        return NULL;
    Py_ssize_t n = buffers[COUNTS].len / (4 * (Py_ssize_t)sizeof(int64_t));
    int fits = buffers[COUNTS].len % (4 * (Py_ssize_t)sizeof(int64_t)) == 0;
    for (int side = 0; side < 2; side++) {
        fits &= buffers[OFFSETS + side].len == (n + 1) * (Py_ssize_t)sizeof(int32_t);
        fits &= buffers[HASHES + side].len == 0 || buffers[HASHES + side].len == n * (Py_ssize_t)sizeof(int64_t);
    }
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "references, hypotheses, counts and hashes must have the same length");
    else if ((left = PyList_New(0)) != NULL && !count_columns(buffers, n, basic, characters, left))
        Py_CLEAR(left);
    for (int i = 0; i < BUFFERS; i++) PyBuffer_Release(&buffers[i]);
    return left;
}

/* Texts that are written one after another, as Arrow holds them: UTF-8, and where each text ends. */
typedef struct {
    Block bytes, ends;
    size_t n_bytes, n;
} Texts;

/* What align() returns: words of references, errors among them, and runs of inserted words; and for each of them, how many
   there are up to the end of each row. */
typedef struct {
    Texts words, heard, inserted;
    Block places, rows[3];
} Aligned;

static int extend(Block *block, size_t used, size_t more) {
    if (used + more <= block->bytes && block->start != NULL) return 1;
    size_t bytes = 2 * (used + more) + 64;
    void *start = realloc(block->start, bytes);
    if (start == NULL) return 0;
    *block = (Block){start, bytes};
    return 1;
}

/* Write a text; with a blank before it, it continues the last one. */
static int write_text(Texts *texts, Span text, int continues) {
    if (!extend(&texts->bytes, texts->n_bytes, text.size + 1) ||
        !extend(&texts->ends, texts->n * sizeof(int32_t), sizeof(int32_t)))
        return 0;
    Byte *to = (Byte *)texts->bytes.start + texts->n_bytes;
    if (continues) *to++ = ' ';
    if (text.size > 0) memcpy(to, text.start, text.size);
    texts->n_bytes += text.size + (continues != 0);
    texts->n += !continues;
    ((int32_t *)texts->ends.start)[texts->n - 1] = (int32_t)texts->n_bytes;
    return 1;
}

/* Divide a text into characters other than whitespace; there is room for as many as bytes. */
static size_t split_letters(Span text, Span *letters) {
    const Byte *at = text.start, *end = at + text.size;
    size_t n = 0, blank;
    while (at < end) {
        if ((blank = space_at(at, end)) != 0) {
            at += blank;
            continue;
        }
        const Byte *start = at++;
        while (at < end && (*at & 0xC0) == 0x80) at++;
        letters[n++] = (Span){start, (size_t)(at - start)};
    }
    return n;
}

/* Find the word of the hypothesis that each of n words of the reference is aligned with, or UNKNOWN if it is deleted, and
   mark those of the hypothesis that are. It is the alignment that fill() counts. */
static Outcome align_words(Scratch *scratch, const Span *reference, size_t n, const Span *hypothesis, size_t m,
                           uint32_t *partner, Byte *taken) {
    size_t common = n < m ? n : m, start = 0;
    for (; start < common && same(reference[start], hypothesis[start]); start++) {
        partner[start] = (uint32_t)start;
        taken[start] = 1;
    }
    for (; n > start && m > start && same(reference[n - 1], hypothesis[m - 1]); n--, m--) {
        partner[n - 1] = (uint32_t)(m - 1);
        taken[m - 1] = 1;
    }
    for (size_t i = start; i < n; i++) partner[i] = UNKNOWN;
    size_t rows = n - start, columns = m - start;
    if (rows == 0 || columns == 0) return COUNTED;
    if (rows > MOST_CELLS / columns) return LEFT;
    int reference_is_shorter = rows <= columns;
    if (!(reference_is_shorter
              ? number_words(scratch, reference + start, rows, hypothesis + start, columns)
              : number_words(scratch, hypothesis + start, columns, reference + start, rows)) ||
        !reserve(&scratch->distance, (columns + 1) * sizeof(uint32_t)) || !reserve(&scratch->steps, rows * columns))
        return NO_MEMORY;
    const uint32_t *mine = scratch->tokens[!reference_is_shorter].start;
    const uint32_t *other = scratch->tokens[reference_is_shorter].start;
    uint32_t *distance = scratch->distance.start;
    Byte *steps = scratch->steps.start; /* 'd'eletion, 'i'nsertion or 0, along the diagonal */
    for (size_t j = 0; j <= columns; j++) distance[j] = (uint32_t)j;
    for (size_t i = 1; i <= rows; i++) {
        uint32_t diagonal = distance[0], insertion = distance[0] = (uint32_t)i;
        for (size_t j = 1; j <= columns; j++) {
            uint32_t deletion = distance[j], least = deletion < insertion ? deletion : insertion;
            uint32_t cell = mine[i - 1] == other[j - 1] ? diagonal : 1 + (diagonal < least ? diagonal : least);
            steps[(i - 1) * columns + j - 1] = deletion + 1 == cell ? 'd' : insertion + 1 == diagonal ? 'i' : 0;
            distance[j] = insertion = cell;
            diagonal = deletion;
        }
    }
    for (size_t i = rows, j = columns; i > 0 && j > 0;) {
        Byte step = steps[(i - 1) * columns + j - 1];
        i -= step != 'i';
        j -= step != 'd';
        if (step == 0) {
            partner[start + i] = (uint32_t)(start + j);
            taken[start + j] = 1;
        }
    }
    return COUNTED;
}

/* Align one pair and write what comes of it. */
static Outcome align_pair(const Span pair[2], int characters, Scratch *scratch, Aligned *aligned, size_t *work) {
    size_t size[2];
    *work += pair[0].size + pair[1].size;
    if (pair[0].size > LONGEST_TEXT || pair[1].size > LONGEST_TEXT) return LEFT;
    for (int side = 0; side < 2; side++) {
        size_t most = characters ? pair[side].size : (pair[side].size + 1) / 2;
        if (!reserve(&scratch->words[side], most * sizeof(Span))) return NO_MEMORY;
        Span *words = scratch->words[side].start;
        size[side] = characters ? split_letters(pair[side], words) : split_words(pair[side], words);
    }
    const Span *words[2] = {scratch->words[0].start, scratch->words[1].start};
    if (!reserve(&scratch->partner, size[0] * sizeof(uint32_t)) || !reserve(&scratch->joined, size[1])) return NO_MEMORY;
    uint32_t *partner = scratch->partner.start;
    Byte *taken = scratch->joined.start;
    if (size[1] > 0) memset(taken, 0, size[1]);
    Outcome outcome = align_words(scratch, words[0], size[0], words[1], size[1], partner, taken);
    if (outcome != COUNTED) return outcome;
    *work += size[0] * size[1];
    for (size_t i = 0; i < size[0]; i++) {
        if (!write_text(&aligned->words, words[0][i], 0)) return NO_MEMORY;
        Span heard = partner[i] == UNKNOWN ? (Span){NULL, 0} : words[1][partner[i]];
        if (same(words[0][i], heard)) continue;
        if (!extend(&aligned->places, aligned->heard.n * sizeof(int32_t), sizeof(int32_t))) return NO_MEMORY;
        ((int32_t *)aligned->places.start)[aligned->heard.n] = (int32_t)i;
        if (!write_text(&aligned->heard, heard, 0)) return NO_MEMORY;
    }
    for (size_t j = 0; j < size[1]; j++)
        if (!taken[j] && !write_text(&aligned->inserted, words[1][j], j > 0 && !taken[j - 1])) return NO_MEMORY;
    return COUNTED;
}

/* Returns 0 with an exception set. */
static int align_columns(Py_buffer *buffers, Py_ssize_t n, int basic, int characters, Aligned *aligned, PyObject *left) {
    Scratch scratch = {0};
    Texts *texts[3] = {&aligned->words, &aligned->heard, &aligned->inserted};
    size_t work = 0;
    int good = 1;
    for (int k = 0; k < 3; k++)
        if (!reserve(&aligned->rows[k], (size_t)n * sizeof(int32_t))) good = 0;
    if (!good) PyErr_NoMemory();
    for (Py_ssize_t i = 0; good && i < n; i++) {
        Span pair[2];
        Outcome outcome = COUNTED;
        for (int side = 0; good && side < 2; side++) {
            good = text_at(&buffers[OFFSETS + side], &buffers[DATA + side], i, &pair[side]);
            if (good && basic && outcome == COUNTED) outcome = normalize(&pair[side], &scratch.normal[side]);
        }
        if (!good) break;
        if (outcome == COUNTED) outcome = align_pair(pair, characters, &scratch, aligned, &work);
        if (outcome == NO_MEMORY) {
            PyErr_NoMemory();
            good = 0;
        } else if (outcome == LEFT)
            good = append_index(left, i);
        for (int k = 0; k < 3; k++) ((int32_t *)aligned->rows[k].start)[i] = (int32_t)texts[k]->n;
        if (good && work >= WORK_BETWEEN_SIGNALS) {
            good = PyErr_CheckSignals() == 0;
            work = 0;
        }
    }
    release(&scratch);
    return good;
}

static PyObject *bytes_of(const Block *block, size_t bytes) {
    return PyBytes_FromStringAndSize(block->start, (Py_ssize_t)bytes);
}

PyDoc_STRVAR(align_doc,
"align(offsets, data, other_offsets, other_data, basic, characters)\n--\n\n"
"Align pairs of references and hypotheses. Return three columns of lists of texts, each as (ends of rows, ends of texts,\n"
"UTF-8): the words of references, what was heard instead of those that are wrong (nothing, if they are deleted), and\n"
"runs of inserted words. Then the places of the wrong words among those of their row, and the rows that Python must\n"
"align, which have no words.");

static PyObject *align(PyObject *Py_UNUSED(module), PyObject *arguments) {
    Py_buffer buffers[COUNTS] = {{0}};
    int basic, characters;
    PyObject *left = NULL, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*pp", &buffers[OFFSETS], &buffers[DATA], &buffers[OFFSETS + 1],
                          &buffers[DATA + 1], &basic, &characters))
        return NULL;
    Aligned aligned = {0};
    Py_ssize_t n = buffers[OFFSETS].len / (Py_ssize_t)sizeof(int32_t) - 1;
    if (n < 0 || buffers[OFFSETS].len != (n + 1) * (Py_ssize_t)sizeof(int32_t) ||
        buffers[OFFSETS + 1].len != buffers[OFFSETS].len)
        PyErr_SetString(PyExc_ValueError, "references and hypotheses must have the same length");
    else if ((left = PyList_New(0)) != NULL && align_columns(buffers, n, basic, characters, &aligned, left)) {
        const Texts *texts[3] = {&aligned.words, &aligned.heard, &aligned.inserted};
        PyObject *parts[10] = {0};
        int good = 1;
        for (int k = 0; k < 3; k++) {
            parts[3 * k] = bytes_of(&aligned.rows[k], (size_t)n * sizeof(int32_t));
            parts[3 * k + 1] = bytes_of(&texts[k]->ends, texts[k]->n * sizeof(int32_t));
            parts[3 * k + 2] = bytes_of(&texts[k]->bytes, texts[k]->n_bytes);
        }
        parts[9] = bytes_of(&aligned.places, aligned.heard.n * sizeof(int32_t));
        for (int k = 0; k < 10; k++) good &= parts[k] != NULL;
        if (good)
            result = PyTuple_Pack(11, parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7],
                                  parts[8], parts[9], left);
        for (int k = 0; k < 10; k++) Py_XDECREF(parts[k]);
    }
    Py_XDECREF(left);
    Block blocks[] = {aligned.words.bytes, aligned.words.ends,    aligned.heard.bytes, aligned.heard.ends,
                      aligned.inserted.bytes, aligned.inserted.ends, aligned.places, aligned.rows[0],
                      aligned.rows[1], aligned.rows[2]};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) free(blocks[k].start);
    for (int k = 0; k < COUNTS; k++) PyBuffer_Release(&buffers[k]);
    return result;
}

PyDoc_STRVAR(plain_doc, "plain(offsets, data)\n--\n\n"
"Return the number of ASCII texts with a letter, the number of spaces in them, and the rows beyond ASCII.");

static PyObject *plain(PyObject *Py_UNUSED(module), PyObject *arguments) {
    Py_buffer offsets, data;
    if (!PyArg_ParseTuple(arguments, "y*y*", &offsets, &data)) return NULL;
    Py_ssize_t n = offsets.len / (Py_ssize_t)sizeof(int32_t) - 1, texts = 0, spaces = 0;
    PyObject *beyond = PyList_New(0), *result = NULL;
    int good = beyond != NULL;
    for (Py_ssize_t i = 0; good && i < n; i++) {
        Span text;
        if (!(good = text_at(&offsets, &data, i, &text))) break;
        Byte all = 0, letter = 0;
        Py_ssize_t blanks = 0;
        for (size_t k = 0; k < text.size; k++) {
            Byte character = text.start[k], folded = character | 32;
            all |= character;
            letter |= folded >= 'a' && folded <= 'z';
            blanks += character == ' ';
        }
        if (all > 127)
            good = append_index(beyond, i);
        else if (letter) {
            texts++;
            spaces += blanks;
        }
    }
    if (good) result = Py_BuildValue("nnO", texts, spaces, beyond);
    Py_XDECREF(beyond);
    PyBuffer_Release(&offsets);
    PyBuffer_Release(&data);
    return result;
}

static inline int is_digit(Byte character) { return character >= '0' && character <= '9'; }

/* A hash of 64 bits: FNV-1a, whose bits murmur's last step mixes. */
static uint64_t hash_bytes(Span text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t k = 0; k < text.size; k++) hash = (hash ^ text.start[k]) * 0x100000001b3u;
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 33;
}

/* What ids that look alike have in common, as id_key_in in rules.py writes it in SQL; ids beyond ASCII are left. */
static Outcome fold_id(Span id, Block *block, Span *key) {
    if (!reserve(block, id.size)) return NO_MEMORY;
    Byte *start = block->start, *end = start, all = 0;
    for (size_t k = 0; k < id.size; k++) {
        Byte character = id.start[k];
        all |= character;
        if (character >= 'A' && character <= 'Z') character |= 32;
        if (character == '\t' || character == '\n' || character == '\f' || character == '\r') character = ' ';
        if (character != ' ' || end == start || end[-1] != ' ') *end++ = character;
    }
    if (all > 127) return LEFT;
    if (start < end && *start == ' ') start++;
    if (start < end && end[-1] == ' ') end--;
    Byte *at = start; /* a whole number that was written as a decimal: 7.0 */
    if (at < end && (*at == '+' || *at == '-')) at++;
    Byte *digits = at;
    while (at < end && is_digit(*at)) at++;
    if (at > digits && at < end && *at == '.') {
        Byte *dot = at++;
        while (at < end && *at == '0') at++;
        if (at == end && at > dot + 1) end = dot;
    }
    Byte *to = start; /* leading zeros, but for the last digit of a number */
    for (at = start; at < end; *to++ = *at++)
        if (*at == '0' && (at == start || !(is_digit(at[-1]) || at[-1] == '.' || at[-1] == ',')))
            while (*at == '0' && at + 1 < end && is_digit(at[1])) at++;
    *key = (Span){start, (size_t)(to - start)};
    return COUNTED;
}

PyDoc_STRVAR(ids_doc, "ids(offsets, data, hashes, alike)\n--\n\n"
"Write a hash of each id, and one that ids which look alike share, into uint64 arrays of shape (n,). Return the rows\n"
"beyond ASCII, whose second hash is not written.");

static PyObject *ids(PyObject *Py_UNUSED(module), PyObject *arguments) {
    Py_buffer buffers[4] = {{0}};
    PyObject *left = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*w*w*", &buffers[0], &buffers[1], &buffers[2], &buffers[3])) return NULL;
    Py_ssize_t n = buffers[2].len / (Py_ssize_t)sizeof(uint64_t);
    int good = buffers[0].len == (n + 1) * (Py_ssize_t)sizeof(int32_t) && buffers[3].len == buffers[2].len &&
               buffers[2].len == n * (Py_ssize_t)sizeof(uint64_t);
    Block block = {0};
    if (!good)
        PyErr_SetString(PyExc_ValueError, "ids and hashes must have the same length");
    else
        good = (left = PyList_New(0)) != NULL;
    for (Py_ssize_t i = 0; good && i < n; i++) {
        Span id, key;
        if (!(good = text_at(&buffers[0], &buffers[1], i, &id))) break;
        ((uint64_t *)buffers[2].buf)[i] = hash_bytes(id);
        switch (fold_id(id, &block, &key)) {
        case COUNTED: ((uint64_t *)buffers[3].buf)[i] = hash_bytes(key); break;
        case LEFT: good = append_index(left, i); break;
        case NO_MEMORY: PyErr_NoMemory(); good = 0;
        }
    }
    free(block.start);
    for (int k = 0; k < 4; k++) PyBuffer_Release(&buffers[k]);
    if (!good) Py_CLEAR(left);
    return left;
}

static PyMethodDef methods[] = {
    {"align", align, METH_VARARGS, align_doc},
    {"count", count, METH_VARARGS, count_doc},
    {"ids", ids, METH_VARARGS, ids_doc},
    {"plain", plain, METH_VARARGS, plain_doc},
    {NULL, NULL, 0, NULL},
};

static int add_version(PyObject *self) { return PyModule_AddIntConstant(self, "VERSION", VERSION); }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, add_version}, {0, NULL}};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_kernel",
    .m_doc = "Counting and normalising in C, with the results of the Python code.",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&module); }
