/* Grow a split tree exactly as grow.py does with the criterion "score".

   All sums are on a grid, so that they are exact in any order, and every other operation is done in the order of the
   Python code: the same tree, bit for bit. The code must be compiled without contraction of floating-point operations
   (-ffp-contract=off). */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1       /* as in grow.py; changes with the arguments or results of a function */
#define NOTHING 1e-12   /* share of a node's information that can be due to rounding */

enum { RESIDUAL, INFORMATION, SPEAKERS, SUMS };

typedef struct {
    double worth; /* of the best cut; 0 if there is none */
    Py_ssize_t feature, size;
    double low, high; /* the values on both sides of the cut */
    double left[SUMS];
} Cut;

typedef struct {
    Py_ssize_t start, size; /* the units of a leaf: a part of every row of the order */
    int node;
    double total[SUMS];
    Cut cut;
} Leaf;

typedef struct {
    Py_ssize_t n_units, n_features;
    Py_ssize_t width;
    double *units; /* (n_units, width): sums and features of each unit, side by side in memory */
    int64_t *order; /* (n_features, n_units): the units of each leaf together, sorted by each feature */
    int64_t *rest;  /* room for one row */
    unsigned char *in_left;
    double floor;
} Tree;

static double gain(const double *left, const double *right) {
    double gap = left[RESIDUAL] / left[INFORMATION] - right[RESIDUAL] / right[INFORMATION];
    return gap * gap * left[INFORMATION] * right[INFORMATION] / (left[INFORMATION] + right[INFORMATION]);
}

static int is_allowed(const double *side, const double *total, double floor) {
    return side[SPEAKERS] >= floor && side[INFORMATION] > NOTHING * total[INFORMATION];
}

/* Find the most valuable cut of a leaf; the first of equals, by feature and by place. */
static void find_cut(const Tree *tree, Leaf *leaf) {
    const double *total = leaf->total;
    Cut *best = &leaf->cut;
    best->worth = 0;
    if (total[SPEAKERS] < 2 * tree->floor || leaf->size < 2) return;
    for (Py_ssize_t feature = 0; feature < tree->n_features; feature++) {
        const int64_t *members = tree->order + feature * tree->n_units + leaf->start;
        const double *unit = tree->units + members[0] * tree->width, *after;
        double left[SUMS] = {0};
        for (Py_ssize_t i = 0; i + 1 < leaf->size; i++, unit = after) {
            double right[SUMS], value = unit[SUMS + feature], next, worth;
            after = tree->units + members[i + 1] * tree->width;
            next = after[SUMS + feature];
            for (int k = 0; k < SUMS; k++) {
                left[k] += unit[k];
                right[k] = total[k] - left[k];
            }
            if (next > value && is_allowed(left, total, tree->floor) && is_allowed(right, total, tree->floor) &&
                (worth = gain(left, right)) > best->worth) {
                *best = (Cut){.worth = worth, .feature = feature, .size = i + 1, .low = value, .high = next};
                memcpy(best->left, left, sizeof left);
            }
        }
    }
}

/* Move the units that go left to the front of the leaf in every row, in unchanged order. */
static void divide(const Tree *tree, const Leaf *leaf) {
    const int64_t *goes_left = tree->order + leaf->cut.feature * tree->n_units + leaf->start;
    for (Py_ssize_t i = 0; i < leaf->cut.size; i++) tree->in_left[goes_left[i]] = 1;
    for (Py_ssize_t feature = 0; feature < tree->n_features; feature++) {
        if (feature == leaf->cut.feature) continue;
        int64_t *members = tree->order + feature * tree->n_units + leaf->start;
        Py_ssize_t kept = 0, moved = 0;
        for (Py_ssize_t i = 0; i < leaf->size; i++) {
            if (tree->in_left[members[i]])
                members[kept++] = members[i];
            else
                tree->rest[moved++] = members[i];
        }
        memcpy(members + kept, tree->rest, (size_t)moved * sizeof *members);
    }
    for (Py_ssize_t i = 0; i < leaf->cut.size; i++) tree->in_left[goes_left[i]] = 0;
}

/* Rows of the results: one for each node. */
enum { FEATURE, LEFT, RIGHT, LINKS };
enum { NODE_RESIDUAL, NODE_INFORMATION, LOW, HIGH, VALUES };

static int add_node(int64_t *links, double *values, int node, const double *sums) {
    int64_t *link = links + (Py_ssize_t)node * LINKS;
    double *value = values + (Py_ssize_t)node * VALUES;
    link[FEATURE] = link[LEFT] = link[RIGHT] = -1;
    value[NODE_RESIDUAL] = sums[RESIDUAL];
    value[NODE_INFORMATION] = sums[INFORMATION];
    value[LOW] = value[HIGH] = 0;
    return node;
}

/* Returns the number of nodes. */
static int grow_tree(const Tree *tree, Leaf *leaves, Py_ssize_t max_leaves, int64_t *links, double *values) {
    Leaf *root = leaves;
    Py_ssize_t n_leaves = 1;
    int nodes = 1;
    *root = (Leaf){.start = 0, .size = tree->n_units};
    for (int k = 0; k < SUMS; k++)
        for (Py_ssize_t i = 0; i < tree->n_units; i++) root->total[k] += tree->units[i * tree->width + k];
    root->node = add_node(links, values, 0, root->total);
    find_cut(tree, root);
    while (n_leaves < max_leaves) {
        Leaf *best = NULL;
        for (Leaf *leaf = leaves; leaf < leaves + n_leaves; leaf++) {
            double worth = leaf->cut.worth;
            if (worth > 0 && (best == NULL || worth > best->cut.worth ||
                              (worth == best->cut.worth && leaf->node < best->node)))
                best = leaf;
        }
        if (best == NULL) break;
        divide(tree, best);
        Leaf *left = &leaves[n_leaves], *right = best, parent = *best;
        *left = (Leaf){.start = parent.start, .size = parent.cut.size};
        *right = (Leaf){.start = parent.start + parent.cut.size, .size = parent.size - parent.cut.size};
        for (int k = 0; k < SUMS; k++) {
            left->total[k] = parent.cut.left[k];
            right->total[k] = parent.total[k] - parent.cut.left[k];
        }
        left->node = add_node(links, values, nodes++, left->total);
        right->node = add_node(links, values, nodes++, right->total);
        int64_t *link = links + (Py_ssize_t)parent.node * LINKS;
        double *value = values + (Py_ssize_t)parent.node * VALUES;
        link[FEATURE] = parent.cut.feature;
        link[LEFT] = left->node;
        link[RIGHT] = right->node;
        value[LOW] = parent.cut.low;
        value[HIGH] = parent.cut.high;
        if (++n_leaves < max_leaves) {
            find_cut(tree, left);
            find_cut(tree, right);
        }
    }
    return nodes;
}

/* Buffers of the arguments of grow(), in their order. */
enum { COLUMNS, ORDER, FIRST_SUM, LINK_ROWS = FIRST_SUM + SUMS, VALUE_ROWS, BUFFERS };

static PyObject *grow_from(Py_buffer *buffers, Py_ssize_t n_features, Py_ssize_t max_leaves, double floor) {
    Py_ssize_t n_units = buffers[FIRST_SUM].len / (Py_ssize_t)sizeof(double), size = n_units * (Py_ssize_t)sizeof(double);
    Py_ssize_t most_nodes = max_leaves < 1 ? 0 : 2 * max_leaves - 1;
    int fits = n_units > 0 && n_features > 0 && max_leaves > 0 && max_leaves < 1 << 20;
    fits = fits && buffers[COLUMNS].len == n_features * size && buffers[ORDER].len == n_features * size;
    for (int k = 0; k < SUMS; k++) fits = fits && buffers[FIRST_SUM + k].len == size;
    fits = fits && buffers[LINK_ROWS].len == most_nodes * LINKS * (Py_ssize_t)sizeof(int64_t);
    fits = fits && buffers[VALUE_ROWS].len == most_nodes * VALUES * (Py_ssize_t)sizeof(double);
    const int64_t *order = buffers[ORDER].buf;
    for (Py_ssize_t i = 0; fits && i < n_features * n_units; i++) fits = order[i] >= 0 && order[i] < n_units;
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "columns, order, sums and results do not fit each other");
        return NULL;
    }
    Tree tree = {.n_units = n_units, .n_features = n_features, .width = SUMS + n_features, .floor = floor};
    Leaf *leaves = malloc((size_t)max_leaves * sizeof *leaves);
    tree.units = malloc((size_t)(n_units * tree.width) * sizeof *tree.units);
    tree.order = malloc((size_t)buffers[ORDER].len);
    tree.rest = malloc((size_t)n_units * sizeof *tree.rest);
    tree.in_left = calloc((size_t)n_units, 1);
    PyObject *result = NULL;
    if (leaves == NULL || tree.units == NULL || tree.order == NULL || tree.rest == NULL || tree.in_left == NULL)
        PyErr_NoMemory();
    else {
        memcpy(tree.order, order, (size_t)buffers[ORDER].len);
        for (Py_ssize_t i = 0; i < n_units; i++) {
            double *unit = tree.units + i * tree.width;
            for (int k = 0; k < SUMS; k++) unit[k] = ((const double *)buffers[FIRST_SUM + k].buf)[i];
            for (Py_ssize_t feature = 0; feature < n_features; feature++)
                unit[SUMS + feature] = ((const double *)buffers[COLUMNS].buf)[feature * n_units + i];
        }
        result = PyLong_FromLong(grow_tree(&tree, leaves, max_leaves, buffers[LINK_ROWS].buf, buffers[VALUE_ROWS].buf));
    }
    free(leaves);
    free(tree.units);
    free(tree.order);
    free(tree.rest);
    free(tree.in_left);
    return result;
}

PyDoc_STRVAR(grow_doc,
"grow(columns, order, residual, information, speakers, max_leaves, floor, links, values)\n--\n\n"
"Grow a tree on features, float64 and int64 arrays of shape (n_features, n_units), and sums, float64 arrays of shape\n"
"(n_units,). Write feature, left and right of each node into an int64 array of shape (2 * max_leaves - 1, 3), and its\n"
"residual, information and the values on both sides of its cut into a float64 array of shape (2 * max_leaves - 1, 4).\n"
"Return the number of nodes.");

static PyObject *grow(PyObject *Py_UNUSED(module), PyObject *arguments) {
    Py_buffer buffers[BUFFERS] = {{0}};
    Py_ssize_t max_leaves;
    double floor;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*y*ndw*w*", &buffers[COLUMNS], &buffers[ORDER], &buffers[FIRST_SUM],
                          &buffers[FIRST_SUM + 1], &buffers[FIRST_SUM + 2], &max_leaves, &floor, &buffers[LINK_ROWS],
                          &buffers[VALUE_ROWS]))
        return NULL;
    Py_ssize_t units = buffers[FIRST_SUM].len;
    PyObject *nodes = grow_from(buffers, units > 0 ? buffers[COLUMNS].len / units : 0, max_leaves, floor);
    for (int i = 0; i < BUFFERS; i++) PyBuffer_Release(&buffers[i]);
    return nodes;
}

static PyMethodDef methods[] = {
    {"grow", grow, METH_VARARGS, grow_doc},
    {NULL, NULL, 0, NULL},
};

static int add_version(PyObject *self) { return PyModule_AddIntConstant(self, "VERSION", VERSION); }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, add_version}, {0, NULL}};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_trees",
    .m_doc = "Growing trees in C, with the results of the Python code.",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__trees(void) { return PyModuleDef_Init(&module); }
