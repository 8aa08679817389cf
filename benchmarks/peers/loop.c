/* The workload by hand: what a C programmer would write for it, and nothing more.

   The same rules, and the same columns as rofr records: `requests` has 12 of n numbers, `commitments` 7 and
   `deliveries` 8, one after the other, in the order named in in_c.py. Nothing is split, so each request has one
   commitment and one delivery, and as they are served first come first served, row r is request r. Returns how
   many were served. */

#include <stdint.h>
#include <stdlib.h>

#define NOBODY (-1)

typedef struct {
    int64_t at;
    int32_t pool, kw;
} End;

static End *heap;
static int64_t ends;

static void push(End end) {
    int64_t i = ends++;
    while (i > 0) {
        int64_t parent = (i - 1) / 2;
        if (heap[parent].at <= end.at) break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = end;
}

static void pop(void) {
    End last = heap[--ends];
    int64_t i = 0;
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= ends) break;
        if (child + 1 < ends && heap[child + 1].at < heap[child].at) child++;
        if (last.at <= heap[child].at) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
}

int64_t play(int64_t n, const int64_t *asked, const int64_t *term, const int64_t *size,
             int32_t pools, int64_t *room, int64_t buildings, const int64_t *online, int64_t building,
             int64_t end, int64_t *requests, int64_t *commitments, int64_t *deliveries) {
    int64_t most = buildings * building, next = 0, turn = 0, built = 0;
    for (int32_t k = 0; k < pools; k++) most += room[k];
    heap = malloc((size_t)most * sizeof(End));
    if (heap == NULL) return -1;
    ends = 0;
    while (turn < n) {
        int64_t now = next < n ? asked[next] : end;
        int arrives = 1;
        if (built < buildings && online[built] < now) now = online[built], arrives = 0;
        if (ends > 0 && heap[0].at <= now) now = heap[0].at, arrives = 0;
        if (now >= end) break;
        while (ends > 0 && heap[0].at <= now) {
            room[heap[0].pool] += heap[0].kw;
            pop();
        }
        while (built < buildings && online[built] <= now) {
            room[pools - 1] += building;
            built++;
        }
        if (arrives) {
            int64_t *row = requests + next;
            int first_round = turn == next;
            row[0] = NOBODY;                                     /* right */
            row[n] = first_round ? 0 : NOBODY;                   /* asked_first */
            row[2 * n] = now;                                    /* answered */
            row[3 * n] = 0;                                      /* holder_kw */
            row[4 * n] = first_round && room[0] >= size[next] ? size[next] : 0; /* first_kw */
            row[5 * n] = 0;                                      /* reason */
            next++;
        }
        for (; turn < next; turn++) {
            int64_t kw = size[turn], *row;
            int32_t k = 0;
            while (k < pools && room[k] < kw) k++;
            if (k == pools) break;
            room[k] -= kw;
            push((End){now + term[turn], k, (int32_t)kw});
            row = requests + turn;
            row[6 * n] = kw;                                     /* committed_kw */
            row[7 * n] = kw;                                     /* delivered_kw */
            row[8 * n] = 0;                                      /* lost_kw */
            row[9 * n] = now;                                    /* first_delivery */
            row[10 * n] = now;                                   /* full_delivery */
            row[11 * n] = 0;                                     /* status */
            row = commitments + turn;
            row[0] = turn, row[n] = 0, row[2 * n] = k, row[3 * n] = k, row[4 * n] = kw;
            row[5 * n] = now, row[6 * n] = now;                  /* committed, promised */
            row = deliveries + turn;
            row[0] = turn, row[n] = 0, row[2 * n] = k, row[3 * n] = k, row[4 * n] = kw;
            row[5 * n] = now, row[6 * n] = now + term[turn], row[7 * n] = now; /* start, end, promised */
        }
    }
    free(heap);
    return turn;
}
