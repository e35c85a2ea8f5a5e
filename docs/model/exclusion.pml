/*
 * Who may believe to have the lock, and for how long: the rules of GrantVote, extendOnQuorum, takeOver and Quarantine. One key,
 * NODES nodes, CLIENTS leases of ROUNDS rounds each: round 0 is the vote, the others are extensions.
 *
 * Time is only what it has to be. A round's validity ends at some moment, any moment after its requests have left (END): that
 * is the longer ttl, the shorter one, the fast clock, the frozen process. What is assumed of clocks (docs/guarantees.md, 2)
 * is one thing: a node keeps what a round has asked it to keep until that round's validity is over, since the node's time
 * began later and lasts longer by the drift. From then on it may let go, at any moment.
 *
 * What else can happen at any moment, in any order, any number of times:
 *   - A request that was sent once is carried out, late and repeated ones too; one that never is was lost. That includes grants
 *     and extensions of leases that are over, and repairs.
 *   - A client hears what a node that has the lock for it would answer now. That covers late replies, as in fencing.pml.
 *   - A client decides with whichever quorum it has heard, or never; releases or gives up, or never.
 *   - The first RESTARTING nodes restart empty, as often as they like. Each then has forgotten the rounds whose
 *     validity is not over, and its word does not count until they are: that is the quarantine of the longest ttl. Counted
 *     is by what was heard and when: the word of a node that restarts after it was heard counts for ever, since nobody needs to have noticed.
 * The second round of fencing can only delay a vote, and is left out.
 *
 * Checked, whenever a round is won: no other lease is valid. Leases become valid at no other moment.
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
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef RESTARTING
#define RESTARTING 0
#endif

#define NOBODY 0
#define LEASE(i) ((i) + 1)
#define NAME(i) ('A' + (i))
#define ROUND(i, r) (1 << ((i) * ROUNDS + (r)))
#define ROUNDS_OF(i) (((1 << ROUNDS) - 1) << ((i) * ROUNDS))
#define HEARD 128

/* Sets of rounds, as bits. */
byte sent;
byte won;
byte over;                          /* their validity has ended */
byte keeps[NODES];                  /* for which rounds, that are not over, a node keeps the lock */
byte forgot[NODES];                 /* which rounds, that are not over, it may have forgotten */
byte heard[CLIENTS * ROUNDS * NODES]; /* HEARD, and what the node may have forgotten when it said so; 0: not heard */
byte owner[NODES];
bool released[CLIENTS];

byte j; /* within one step only */

#define SAID(i, r, n) heard[((i) * ROUNDS + (r)) * NODES + (n)]
#define SENT(i, r) (sent & ROUND(i, r))
#define OPEN(i, r) (SENT(i, r) && !((won | over) & ROUND(i, r)) && !released[i])
#ifdef BELIEVING_LONGER
#define VALID(i) (!released[i] && (won & ROUNDS_OF(i)))
#else
#define VALID(i) (!released[i] && (won & ~over & ROUNDS_OF(i)))
#endif

#if NODES == 3
#define COUNT(i, r, test) ((SAID(i, r, 0) test) + (SAID(i, r, 1) test) + (SAID(i, r, 2) test))
#else
#define COUNT(i, r, test) ((SAID(i, r, 0) test) + (SAID(i, r, 1) test) + (SAID(i, r, 2) test) + (SAID(i, r, 3) test))
#endif
/* A node that was heard, and whose forgotten leases are over. */
#define BY_QUORUM(i, r) (COUNT(i, r, == HEARD) >= QUORUM)
#define BY_ANY_QUORUM(i, r) (COUNT(i, r, != 0) >= QUORUM)

/* An extension is of a valid lease. A process that takes over by a token does not know whether there ever was one. */
#ifdef TAKING_OVER
#define MAY_EXTEND(i) (!released[i])
#else
#define MAY_EXTEND(i) VALID(i)
#endif
#if defined(TAKING_OVER_BY_RESTARTED)
#define EXTENDED(i, r) BY_ANY_QUORUM(i, r)
#elif defined(EXTENDING_BY_RESTARTED)
#define EXTENDED(i, r) (BY_QUORUM(i, r) || VALID(i) && BY_ANY_QUORUM(i, r))
#else
#define EXTENDED(i, r) BY_QUORUM(i, r)
#endif

/* A node never shortens what it has promised. */
#ifdef SHORTENING
#define KEPT(n, i, r) (ROUND(i, r) & ~over)
#else
#define KEPT(n, i, r) (keeps[n] | ROUND(i, r) & ~over)
#endif

inline forgetAnswers(i, r) {
  do
  :: j < NODES -> SAID(i, r, j) = 0; j++
  :: else -> break
  od;
  j = 0
}

inline win(i, r) {
  won = won | ROUND(i, r);
  forgetAnswers(i, r);
  do
  :: j < CLIENTS ->
     if
     :: j != i && VALID(j) -> printf("VIOLATED: the lease of %c is valid, too\n", NAME(j)); assert(false)
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0
}

inline endValidity(i, r) {
  over = over | ROUND(i, r);
  forgetAnswers(i, r);
  do
  :: j < NODES -> keeps[j] = keeps[j] & ~over; forgot[j] = forgot[j] & ~over; j++
  :: else -> break
  od;
  j = 0;
  do
  :: j < CLIENTS * ROUNDS * NODES -> heard[j] = heard[j] & ~over; j++
  :: else -> break
  od;
  j = 0
}

#define END(r) \
  :: d_step { SENT(i, r) && !(over & ROUND(i, r)) -> \
       printf("the validity of round %d of %c is over\n", r, NAME(i)); \
       endValidity(i, r) }

#define EXTENSION(r) \
  :: d_step { !SENT(i, r) && SENT(i, r - 1) && MAY_EXTEND(i) -> \
       sent = sent | ROUND(i, r); \
       printf("%c asks all nodes to extend, round %d\n", NAME(i), r) } \
  :: d_step { OPEN(i, r) && MAY_EXTEND(i) && EXTENDED(i, r) -> \
       printf("%c is extended by round %d\n", NAME(i), r); \
       win(i, r) }

proctype Lease(byte i) {
end:
  do
  :: d_step { !SENT(i, 0) && (i == 0 || SENT(i - 1, 0)) ->
       sent = sent | ROUND(i, 0);
       printf("%c asks all nodes\n", NAME(i)) }
  :: d_step { OPEN(i, 0) && BY_QUORUM(i, 0) ->
       printf("%c has the lock\n", NAME(i));
       win(i, 0) }
  END(0)
  EXTENSION(1) END(1)
#if ROUNDS > 2
  EXTENSION(2) END(2)
#endif
  :: d_step { SENT(i, 0) && !released[i] ->
       released[i] = true;
       printf("%c releases, or gives up\n", NAME(i));
       forgetAnswers(i, 0);
#if ROUNDS > 2
       forgetAnswers(i, 2);
#endif
       forgetAnswers(i, 1) }
  od
}

#ifdef REPAIRING_ANYBODYS
#define MAY_REPAIR(n, i) (owner[n] != LEASE(i))
#else
#define MAY_REPAIR(n, i) (owner[n] == NOBODY)
#endif

#define CARRIES_OUT_EXTENSION(r) \
  :: d_step { SENT(i, r) && owner[n] == LEASE(i) && keeps[n] != KEPT(n, i, r) -> \
       keeps[n] = KEPT(n, i, r); \
       printf("node %d extends for %c, round %d\n", n, NAME(i), r) } \
  :: d_step { OPEN(i, r) && owner[n] == LEASE(i) && keeps[n] & ROUND(i, r) && !SAID(i, r, n) -> \
       SAID(i, r, n) = HEARD | forgot[n]; \
       printf("%c hears that node %d has extended, round %d\n", NAME(i), n, r) }

/* What one node is asked by one client. */
proctype Wire(byte i; byte n) {
end:
  do
  :: d_step { SENT(i, 0) && (owner[n] == NOBODY || owner[n] == LEASE(i) && keeps[n] != KEPT(n, i, 0)) ->
       owner[n] = LEASE(i);
       keeps[n] = KEPT(n, i, 0);
       printf("node %d grants to %c\n", n, NAME(i)) }
  :: d_step { OPEN(i, 0) && owner[n] == LEASE(i) && keeps[n] & ROUND(i, 0) && !SAID(i, 0, n) ->
       SAID(i, 0, n) = HEARD | forgot[n];
       printf("%c hears that node %d grants\n", NAME(i), n) }
  CARRIES_OUT_EXTENSION(1)
#if ROUNDS > 2
  CARRIES_OUT_EXTENSION(2)
#endif
  /* repairNode and takeAt: for what is left of the lease, so that a fast clock may let go before its validity is over. */
  :: d_step { won & ROUNDS_OF(i) && MAY_REPAIR(n, i) ->
       owner[n] = LEASE(i);
       keeps[n] = 0;
       printf("node %d is repaired for %c\n", n, NAME(i)) }
  :: d_step { released[i] && owner[n] == LEASE(i) ->
       owner[n] = NOBODY;
       keeps[n] = 0;
       printf("node %d releases for %c\n", n, NAME(i)) }
#ifdef RELEASING_ANYBODYS
  :: d_step { released[i] && owner[n] != NOBODY && owner[n] != LEASE(i) ->
       owner[n] = NOBODY;
       keeps[n] = 0;
       printf("node %d releases for %c what is another's\n", n, NAME(i)) }
#endif
  od
}

proctype Node(byte n) {
end:
  do
  :: d_step { owner[n] != NOBODY && keeps[n] == 0 ->
       printf("node %d: %c's lock expires\n", n, NAME(owner[n] - 1));
       owner[n] = NOBODY }
#ifdef EXPIRING_EARLY
  :: d_step { n == 0 && owner[n] != NOBODY && keeps[n] != 0 ->
       printf("node %d: %c's lock expires early\n", n, NAME(owner[n] - 1));
       owner[n] = NOBODY;
       keeps[n] = 0 }
#endif
#if RESTARTING > 0
  :: d_step { n < RESTARTING && (owner[n] != NOBODY || forgot[n] != (sent & ~over)) ->
       printf("node %d restarts empty\n", n);
       owner[n] = NOBODY;
       keeps[n] = 0;
#ifndef NO_QUARANTINE
       forgot[n] = sent & ~over
#endif
       }
#endif
  od
}

#if defined(SEE_HANDED_ON)
#define SEEN (won & ROUND(0, 1)) && (won & ROUND(1, 1)) && VALID(1)
#elif defined(SEE_REPAIRED)
#define SEEN VALID(0) && !(over & ROUND(0, 0)) && owner[0] == LEASE(0) && keeps[0] == 0 && SAID(1, 0, 1)
#elif defined(SEE_LATE_GRANT)
#define SEEN (over & ROUND(0, 0)) && owner[0] == LEASE(0) && VALID(1)
#elif defined(SEE_IN_DOUBT)
/* A node that has forgotten A's lease grants to B. */
#define SEEN VALID(0) && SAID(1, 0, 0) == (HEARD | ROUND(0, 0))
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
    for (n : 0 .. NODES - 1) { run Node(n) }
    for (i : 0 .. CLIENTS - 1) {
      run Lease(i);
      for (n : 0 .. NODES - 1) { run Wire(i, n) }
    }
    i = 0; n = 0
  }
}
