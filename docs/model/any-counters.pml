/*
 * Fencing tokens once more, with nothing bounded: any proposals, any counters, any number of other clients, and requests that
 * are carried out any number of times, however late. fencing.pml is closer to the code; this one is all that
 * the proof in protocol.md rests on. One key, two acquisitions, A and B, which stand for any two of all that ever were.
 *
 * Why these few steps are enough:
 *   - A grant answers any number above the counter. That is what `proposal > c ? proposal : c + 1` does for a proposal
 *     that may be anything, on a node whose counter other clients may have moved on before. So proposals need not be known.
 *   - Numbers are only compared and handed on, so only their order counts. A run of two acquisitions hears at most 2 x NODES
 *     grants, so as many different numbers are enough for every order that there is, and none is lost by a limit.
 *   - A lock that expires, is released, or is another client's for a while does to a node: another owner, a larger counter.
 *     Whatever A and B can do on such a node they can do on the node as it was before, since a grant answers
 *     any number that is larger. So other clients, expiry, releases, repairs and extensions are in it without being seen: a
 *     node grants to A although it is B's, because that may have expired just now, and it starts with counters that are alike.
 *   - A grant that is carried out and not heard is of use only once a confirmation comes to it, so it can be carried out
 *     right before: a confirmation is accepted wherever the counter is smaller (granted once more, just now), or where the
 *     counter is the token and the node is still ours. The same goes for what is repeated.
 *   - Once an acquisition has completed, what is still under way of it acts as any other client would.
 *   - Nodes are alike, so they can be numbered in the order in which A hears of them.
 */
#ifndef NODES
#define NODES 3
#endif
#ifndef QUORUM
#define QUORUM (NODES / 2 + 1)
#endif
#define HIGHEST (2 * NODES)

/* One acquisition after the other under one token: acquired again, or taken over from another process. */
#ifdef ONE_TOKEN
#define LEASE(i) 1
#define IN_ORDER(older, newer) ((older) <= (newer))
#else
#define LEASE(i) ((i) + 1)
#define IN_ORDER(older, newer) ((older) < (newer))
#endif

#ifdef STANDING_STILL
#define ABOVE(x, c) ((x) >= (c))
#else
#define ABOVE(x, c) ((x) > (c))
#endif

#if defined(NOT_COMPARING)
#define ACCEPTS(n, i) true
#elif defined(NOT_OWNING)
#define ACCEPTS(n, i) (counter[n] <= client[i].token)
#else
#define ACCEPTS(n, i) (counter[n] < client[i].token || counter[n] == client[i].token && owner[n] == LEASE(i))
#endif

#define NAME(i) ('A' + (i))
#define BIT(n) (1 << (n))
#define BITS(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))

mtype = { idle, asking, confirming, completed };

typedef Client {
  mtype phase = idle;
  byte answer[NODES]; /* the counter that a node answered; 0: not heard */
  byte answers;       /* how many were heard */
  byte accepted;      /* which nodes accepted, as bits */
  byte token          /* what it asks to confirm, or has */
}
Client client[2];
bool after; /* A had completed when B began */
byte owner[NODES];
byte counter[NODES];

byte j, m, same, agreed, largest; /* within one step only */

/* decideFence; the answers are not needed any more then. */
inline decide(i) {
  do
  :: j < NODES ->
     do
     :: m < NODES -> same = same + (client[i].answer[m] == client[i].answer[j]); m++
     :: else -> break
     od;
     agreed = (client[i].answer[j] != 0 && same >= QUORUM -> client[i].answer[j] : agreed);
     largest = (client[i].answer[j] > largest -> client[i].answer[j] : largest);
     m = 0; same = 0; j++
  :: else -> break
  od;
  j = 0;
  do
  :: j < NODES -> client[i].answer[j] = 0; j++
  :: else -> break
  od;
  j = 0; client[i].answers = 0
}

inline complete(i) {
  client[i].phase = completed;
  client[i].accepted = 0;
  printf("%c has the lock with fencing token %d\n", NAME(i), client[i].token);
  if
  :: client[0].phase == completed && client[1].phase == completed ->
#ifndef ONE_TOKEN
     if
     :: client[0].token == client[1].token -> printf("VIOLATED: both have the same token\n"); assert(false)
     :: else
     fi;
#endif
     if
     :: after && !IN_ORDER(client[0].token, client[1].token) ->
        printf("VIOLATED: A had completed before with a larger token\n"); assert(false)
     :: else
     fi
  :: else
  fi
}

proctype Acquisition(byte i) {
end:
  do
  :: d_step { client[i].phase == idle && (i == 0 || client[0].phase != idle) ->
       client[i].phase = asking;
       after = client[0].phase == completed;
       printf("%c asks all nodes\n", NAME(i)) }
  :: d_step { client[i].phase == asking && client[i].answers >= QUORUM ->
       decide(i);
#ifdef ONE_ROUND
       agreed = largest;
#endif
       client[i].token = (agreed != 0 -> agreed : largest);
       largest = 0;
       if
       :: agreed != 0 -> agreed = 0; complete(i)
       :: else -> client[i].phase = confirming; printf("%c asks to confirm %d\n", NAME(i), client[i].token)
       fi }
  :: d_step { client[i].phase == confirming && BITS(client[i].accepted) >= QUORUM -> complete(i) }
  od
}

#define MAY_HEAR(i, n) (client[i].phase == asking && client[i].answer[n] == 0 && \
  (i != 0 || n == 0 || client[0].answer[n - 1] != 0))

#define GRANT(x) \
  :: d_step { MAY_HEAR(i, n) && ABOVE(x, counter[n]) && x <= HIGHEST -> \
       counter[n] = x; \
       owner[n] = LEASE(i); \
       client[i].answer[n] = x; \
       client[i].answers++; \
       printf("node %d grants to %c: %d\n", n, NAME(i), x) }

/* What one node is asked by one client. */
proctype Wire(byte i; byte n) {
end:
  do
  GRANT(1) GRANT(2) GRANT(3) GRANT(4) GRANT(5) GRANT(6)
#if NODES > 3
  GRANT(7) GRANT(8)
#endif
#if defined(ONE_TOKEN) || defined(BORROWED)
  :: d_step { MAY_HEAR(i, n) && owner[n] == LEASE(i) && counter[n] != 0 ->
       client[i].answer[n] = counter[n];
       client[i].answers++;
       printf("node %d has it for %c already: %d\n", n, NAME(i), counter[n]) }
#endif
#ifdef BORROWED
  /* A node keeps the key for A, and its counter is the one of whoever had it before. */
  :: d_step { i == 0 && owner[n] != LEASE(0) && counter[n] != 0 ->
       owner[n] = LEASE(0);
       printf("node %d keeps the key for A now, without counting\n", n) }
#endif
  :: d_step { client[i].phase == confirming && !(client[i].accepted & BIT(n)) && ACCEPTS(n, i) ->
       counter[n] = client[i].token;
       owner[n] = LEASE(i);
       client[i].accepted = client[i].accepted | BIT(n);
       printf("node %d accepts %d from %c\n", n, counter[n], NAME(i)) }
  od
}

#if defined(SEE_ONE_ROUND)
#define SEEN client[0].phase == completed && counter[1] < client[0].token && client[1].phase == idle
#elif defined(SEE_TWO_ROUNDS)
#define SEEN client[0].phase == confirming && client[1].phase == confirming && client[0].accepted && client[1].accepted
#endif
#ifdef SEEN
active proctype Seen() {
end:
  d_step { SEEN -> assert(false) }
}
#endif

init {
  byte i, n;
  atomic {
    for (i : 0 .. 1) {
      run Acquisition(i);
      for (n : 0 .. NODES - 1) { run Wire(i, n) }
    }
    i = 0; n = 0
  }
}
