/*
 * Fencing tokens, step by step as they are built: the rules of memory-node.ts, of decideFence in fencing.ts and of
 * GrantVote.win. One key, NODES nodes, CLIENTS acquisitions, each under a token of its own.
 *
 * What can happen at any moment, in any order, any number of times:
 *   - A request that was sent once is carried out: so it can be late, repeated, or (if that never happens) lost. Every
 *     request stays on its way for ever, also after its sender has the lock, has released it or has given up.
 *   - A client hears what a node that has granted to it would answer now. A reply that is heard later than that is covered,
 *     since between reply and hearing nobody can tell whether it was heard. So is one that is lost: nothing is heard.
 *   - A node lets go of a lock. That is its expiry, however early or late by whatever clock, and it is a release, in time,
 *     late or repeated: both do the same to a node. So there are no clocks, pauses or ttls here, nor a difference between a client
 *     that waits, has given up, has crashed or has released.
 *   - A client decides with whichever quorum of answers it has heard, or never. Refusals change nothing and are left out.
 *
 * What is bounded: proposals (1 to PROPOSALS, freely chosen: a clock may say anything), the counters at the beginning (0
 * to BEFORE, since earlier clients left nodes apart) and the counters (a grant that would go beyond HIGHEST is lost).
 * any-counters.pml does without these bounds, and without this closeness to the code.
 *
 * Checked, whenever an acquisition completes: no other has its token, and one that had completed before it began has
 * a smaller one. At every step: no counter goes down, and a node whose word counts has the token as its
 * counter at that moment. So the order in which two acquisitions had any common node is the order of their tokens.
 */
#ifndef NODES
#define NODES 3
#endif
#ifndef QUORUM
#define QUORUM (NODES / 2 + 1)
#endif
#ifndef CLIENTS
#define CLIENTS 2
#endif
#ifndef PROPOSALS
#define PROPOSALS 2
#endif
#ifndef BEFORE
#define BEFORE 1
#endif
#ifndef HIGHEST
#define HIGHEST 3
#endif

/* What a grant does to a counter: nextFence. */
#if defined(STANDING_STILL)
#define NEXT(c, p) ((p) > (c) -> (p) : (c))
#elif defined(FOLLOWING)
#define NEXT(c, p) (p)
#else
#define NEXT(c, p) ((p) > (c) -> (p) : (c) + 1)
#endif

/* Whether a node accepts a confirmation: acceptsConfirm. */
#if defined(WRITING_BACK)
#define ACCEPTS(n, i) true
#elif defined(NOT_COMPARING)
#define ACCEPTS(n, i) (owner[n] == LEASE(i))
#elif defined(NOT_OWNING)
#define ACCEPTS(n, i) (counter[n] <= client[i].token)
#else
#define ACCEPTS(n, i) (owner[n] == LEASE(i) && counter[n] <= client[i].token)
#endif

#if defined(STANDING_STILL) || defined(FOLLOWING) || defined(WRITING_BACK) || defined(NOT_COMPARING)
#define NEVER_DOWN(n) true
#else
#define NEVER_DOWN(n) (next >= counter[n])
#endif

#define NOBODY 0
#define LEASE(i) ((i) + 1)
#define NAME(i) ('A' + (i))
#define BIT(n) (1 << (n))
#define BITS(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))

mtype = { idle, asking, confirming, completed };

typedef Client {
  mtype phase = idle;
  byte proposal;
  byte answer[NODES]; /* the counter that a node answered; 0: not heard */
  byte answers;       /* how many were heard */
  bool confirms;      /* its second round was sent */
  byte accepted;      /* which nodes accepted, as bits */
  byte token;         /* what it asks to confirm, or has */
  byte before         /* who had completed when it began, as bits */
}
Client client[CLIENTS];
byte owner[NODES];
byte counter[NODES];

byte j, m, same, agreed, largest, next; /* within one step only */

#define MAY_BEGIN(i) (client[i].phase == idle && (i == 0 || client[i - 1].phase != idle))

inline begin(i, p) {
  client[i].phase = asking;
  client[i].proposal = p;
  do
  :: j < CLIENTS -> client[i].before = client[i].before | (client[j].phase == completed -> BIT(j) : 0); j++
  :: else -> break
  od;
  j = 0;
  printf("%c asks all nodes and proposes %d\n", NAME(i), p)
}

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
  do
  :: j < CLIENTS ->
     if
     :: j != i && client[j].phase == completed && client[j].token == client[i].token ->
        printf("VIOLATED: %c has the same token\n", NAME(j));
        assert(false)
     :: client[i].before & BIT(j) && client[j].token > client[i].token ->
        printf("VIOLATED: %c had completed before with a larger token\n", NAME(j));
        assert(false)
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0
}

/* The counter goes on to `next`. */
inline count(n) {
  assert(NEVER_DOWN(n));
  counter[n] = next;
  next = 0
}

proctype Acquisition(byte i) {
end:
  do
  :: d_step { MAY_BEGIN(i) -> begin(i, 1) }
#if PROPOSALS > 1
  :: d_step { MAY_BEGIN(i) -> begin(i, 2) }
#endif
#if PROPOSALS > 2
  :: d_step { MAY_BEGIN(i) -> begin(i, 3) }
#endif
  :: d_step { client[i].phase == asking && client[i].answers >= QUORUM ->
       decide(i);
#ifdef ONE_ROUND
       agreed = largest;
#endif
       client[i].token = (agreed != 0 -> agreed : largest);
       largest = 0;
       if
       :: agreed != 0 -> agreed = 0; complete(i)
       :: else ->
          client[i].phase = confirming;
          client[i].confirms = true;
          printf("%c asks to confirm %d\n", NAME(i), client[i].token)
       fi }
  :: d_step { client[i].phase == confirming && BITS(client[i].accepted) >= QUORUM -> complete(i) }
  od
}

/* What one node is asked by one client. */
proctype Wire(byte i; byte n) {
end:
  do
  :: d_step { client[i].phase != idle && owner[n] == NOBODY && NEXT(counter[n], client[i].proposal) <= HIGHEST ->
       next = NEXT(counter[n], client[i].proposal); count(n);
       owner[n] = LEASE(i);
       printf("node %d grants to %c: %d\n", n, NAME(i), counter[n]) }
  :: d_step { client[i].phase == asking && owner[n] == LEASE(i) && client[i].answer[n] == 0 ->
       client[i].answer[n] = counter[n];
       client[i].answers++;
       printf("%c hears that node %d grants: %d\n", NAME(i), n, counter[n]) }
  :: d_step { client[i].confirms && ACCEPTS(n, i) && (client[i].phase == confirming || counter[n] != client[i].token) ->
       next = client[i].token; count(n);
       /* To have heard of it obliges to nothing, so it always has been. */
       client[i].accepted = client[i].accepted | (client[i].phase == confirming -> BIT(n) : 0);
       printf("node %d accepts %d from %c\n", n, counter[n], NAME(i)) }
#ifdef EXTENDING
  /* EXTEND of a node that has the lock, EXTEND with repair of one that has not (repairedFence), and takeAt. */
  :: d_step { client[i].phase == completed && owner[n] == LEASE(i) && counter[n] < client[i].token ->
       next = client[i].token; count(n);
       printf("node %d extends for %c: %d\n", n, NAME(i), counter[n]) }
  :: d_step { client[i].phase == completed && owner[n] == NOBODY && counter[n] < HIGHEST ->
       next = (client[i].token >= counter[n] -> client[i].token : counter[n] + 1); count(n);
       owner[n] = LEASE(i);
       printf("node %d is repaired for %c: %d\n", n, NAME(i), counter[n]) }
  :: d_step { client[i].phase == completed && owner[n] == NOBODY && NEXT(counter[n], client[i].token) <= HIGHEST ->
       next = NEXT(counter[n], client[i].token); count(n);
       owner[n] = LEASE(i);
       printf("node %d keeps the lock for %c, too: %d\n", n, NAME(i), counter[n]) }
#endif
  od
}

proctype Node(byte n) {
end:
  do
  :: d_step { owner[n] != NOBODY ->
       printf("node %d lets %c's lock go: expired or released\n", n, NAME(owner[n] - 1));
       owner[n] = NOBODY }
  od
}

#if defined(SEE_BOTH_ROUNDS)
#define SEEN client[0].phase == completed && !client[0].confirms && client[1].phase == completed && client[1].confirms
#elif defined(SEE_LATE_GRANT)
/* A confirmed token is the counter of whoever accepted it: this node has granted once more since, and not been told of it. */
#define SEEN client[0].phase == completed && client[0].confirms && owner[0] == LEASE(0) && counter[0] > client[0].token
#elif defined(SEE_LATE_CONFIRM)
/* Nobody has heard of this node's grant: the confirmation alone made its counter the token. */
#define SEEN client[0].phase == completed && client[0].confirms && counter[0] == client[0].token && owner[0] == LEASE(0) && counter[1] > counter[0] && counter[2] > counter[0]
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
    /* Nodes are alike, so they can be named by their counters at the beginning. */
    for (n : 0 .. NODES - 1) {
      counter[n] = (n == 0 -> 0 : counter[n - 1]);
      do
      :: counter[n] < BEFORE -> counter[n]++
      :: break
      od
    }
    for (n : 0 .. NODES - 1) { run Node(n) }
    for (i : 0 .. CLIENTS - 1) {
      run Acquisition(i);
      for (n : 0 .. NODES - 1) { run Wire(i, n) }
    }
    i = 0; n = 0
  }
}
