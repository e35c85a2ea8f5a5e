/*
 * What is left of the order of fencing tokens when nodes forget their counters: time. The rules of nextFence with its floor,
 * of the limit of proposals (maxSkewMs) and of Quarantine, with a clock that goes in ticks. One key, three nodes, and two
 * acquisitions that stand for any two, as in any-counters.pml, whose steps these are.
 *
 *   - Every node restarts empty, at any moment, as often as it likes. Then its word does not count for QUARANTINE ticks, which
 *     is the longest ttl; whether it does is judged when votes are counted. What was heard before it restarted counts.
 *   - A grant answers any number above the counter, since other clients may have moved it there, but none that is ahead of the
 *     node's time by more than AHEAD: a node refuses such a proposal, its client corrects its clock and asks again, with one
 *     that is not. (c + 1 can go beyond. That would take thousands of grants in a millisecond.)
 *   - How far clients are behind is not limited, so proposals promise nothing. What does is the floor: a node answers no less
 *     than its time less BACK ticks, which is half of the lease time.
 *   - A vote takes VOTE ticks at most, from its first request to its token: a lease is shorter than that would take.
 *
 * With LIFE no node restarts: counters expire so many ticks after they were set, as their ttl has it, and nobody is told.
 *
 * Nodes' clocks are one clock here. Where they are apart, AHEAD is by how much more a client may be ahead of them.
 *
 * Checked, when both have completed: they have different tokens, and if A had completed before B began, B has the larger.
 * It holds as long as AHEAD + BACK + VOTE < QUARANTINE, or AHEAD + BACK < LIFE, and for not one tick less.
 */
#ifndef QUARANTINE
#define QUARANTINE 3
#endif
#ifndef BACK
#define BACK 1
#endif
#ifndef VOTE
#define VOTE 1
#endif
#ifndef AHEAD
#define AHEAD 0
#endif
#ifndef NUMBERS
#define NUMBERS 1
#endif
/* A begins at 0. Whoever begins as late as QUARANTINE is above it by the floor alone. */
#define HORIZON (QUARANTINE - 1 + VOTE)

#define NODES 3
#define QUORUM 2
#define NOBODY 0
#define LEASE(i) ((i) + 1)
#define NAME(i) ('A' + (i))
#define BIT(n) (1 << (n))
#define BITS(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))

/* The first of a tick's NUMBERS numbers; the smallest is 1, since 0 is a counter that is not known. */
#define NUMBER(tick) (NUMBERS * ((tick) + BACK) + 1)
#define LARGEST (NUMBERS * (HORIZON + AHEAD + BACK + 1))
#define LIMIT (NUMBER(time + AHEAD) + NUMBERS - 1)
#if defined(NO_FLOOR)
#define FLOOR(n) 1
#elif defined(FLOOR_FOR_UNKNOWN)
#define FLOOR(n) (counter[n] == 0 -> NUMBER(time - BACK) : 1)
#else
#define FLOOR(n) NUMBER(time - BACK)
#endif

mtype = { idle, asking, confirming, completed };

typedef Client {
  mtype phase = idle;
  byte began;
  byte answer[NODES]; /* the counter that a node answered; 0: not heard */
  byte from[NODES];   /* when that counts */
  byte counted;       /* whose grants were counted, as bits */
  byte accepted;      /* which of them accepted, as bits */
  byte token          /* what it asks to confirm, or has */
}
Client client[2];
bool after; /* A had completed when B began */
byte time;
byte owner[NODES];
byte counter[NODES];
byte votes[NODES]; /* when its word counts again */

#ifdef LIFE
byte touched[NODES]; /* when its counter was set last */
#define TOUCH(n) touched[n] = time
#else
#define TOUCH(n) skip
#endif

byte j, agreed, largest; /* within one step only */

#define COUNTS(i, n) (client[i].answer[n] != 0 && client[i].from[n] <= time)
#define AGREE(i, n, m) (COUNTS(i, n) && COUNTS(i, m) && client[i].answer[n] == client[i].answer[m])
/* A vote that takes longer is lost, and then it is one of the other clients. */
#define IN_TIME(i) (client[i].phase == idle || client[i].phase == completed || time < client[i].began + VOTE)
#define BOTH (client[0].phase == completed && client[1].phase == completed)

inline forgetAnswers(i) {
  do
  :: j < NODES -> client[i].answer[j] = 0; client[i].from[j] = 0; j++
  :: else -> break
  od;
  j = 0
}

inline complete(i) {
  client[i].phase = completed;
  client[i].counted = 0; client[i].accepted = 0; client[i].began = 0;
  printf("%d: %c has the lock with fencing token %d\n", time, NAME(i), client[i].token);
  if
  :: BOTH && client[0].token == client[1].token -> printf("VIOLATED: both have the same token\n"); assert(false)
  :: BOTH && after && client[0].token > client[1].token ->
     printf("VIOLATED: A had completed before with a larger token\n"); assert(false)
  :: else
  fi
}

proctype Acquisition(byte i) {
end:
  do
  :: d_step { client[i].phase == idle && (i == 0 || client[0].phase != idle) ->
       client[i].phase = asking;
       client[i].began = time;
       after = client[0].phase == completed;
       printf("%d: %c asks all nodes\n", time, NAME(i)) }
  :: d_step { client[i].phase == asking && COUNTS(i, 0) + COUNTS(i, 1) + COUNTS(i, 2) >= QUORUM ->
       do
       :: j < NODES ->
          client[i].counted = client[i].counted | (COUNTS(i, j) -> BIT(j) : 0);
          largest = (COUNTS(i, j) && client[i].answer[j] > largest -> client[i].answer[j] : largest);
          j++
       :: else -> break
       od;
       j = 0;
       agreed = (AGREE(i, 0, 1) || AGREE(i, 0, 2) -> client[i].answer[0] : (AGREE(i, 1, 2) -> client[i].answer[1] : 0));
       forgetAnswers(i);
       client[i].token = (agreed != 0 -> agreed : largest);
       largest = 0;
       if
       :: agreed != 0 -> agreed = 0; complete(i)
       :: else ->
          client[i].phase = confirming;
          printf("%d: %c asks to confirm %d\n", time, NAME(i), client[i].token)
       fi }
  :: d_step { client[i].phase == confirming && BITS(client[i].accepted) >= QUORUM -> complete(i) }
  od
}

#define GRANT(x) \
  :: d_step { client[i].phase == asking && client[i].answer[n] == 0 && \
       (i != 0 || n == 0 || client[0].answer[n - 1] != 0) && \
       x > counter[n] && x >= FLOOR(n) && x <= LIMIT -> \
       counter[n] = x; \
       owner[n] = LEASE(i); \
       client[i].answer[n] = x; \
       client[i].from[n] = votes[n]; \
       TOUCH(n); \
       printf("%d: node %d grants to %c: %d\n", time, n, NAME(i), x) }

/* What one node is asked by one client. */
proctype Wire(byte i; byte n) {
end:
  do
  GRANT(1) GRANT(2) GRANT(3) GRANT(4) GRANT(5)
#if LARGEST > 5
  GRANT(6)
#endif
#if LARGEST > 6
  GRANT(7)
#endif
#if LARGEST > 7
  GRANT(8) GRANT(9) GRANT(10)
#endif
  :: d_step { client[i].phase == confirming && client[i].counted & BIT(n) && !(client[i].accepted & BIT(n)) &&
       (counter[n] < client[i].token || counter[n] == client[i].token && owner[n] == LEASE(i)) &&
       votes[n] <= time ->
       counter[n] = client[i].token;
       owner[n] = LEASE(i);
       client[i].accepted = client[i].accepted | BIT(n);
       TOUCH(n);
       printf("%d: node %d accepts %d from %c\n", time, n, counter[n], NAME(i)) }
  od
}

proctype Node(byte n) {
end:
  do
#ifdef LIFE
  :: d_step { counter[n] != 0 && touched[n] + LIFE <= time && !BOTH ->
       counter[n] = 0;
       touched[n] = 0;
       printf("%d: node %d forgets its counter, whose life is over\n", time, n) }
#else
  :: d_step { counter[n] != 0 && !BOTH ->
       counter[n] = 0;
       owner[n] = NOBODY;
       votes[n] = time + QUARANTINE;
       printf("%d: node %d restarts empty\n", time, n) }
#endif
#ifdef FLOOR_FOR_UNKNOWN
  :: d_step { counter[n] == 0 && votes[n] > time && !BOTH ->
       counter[n] = NUMBER(time - BACK);
       printf("%d: node %d grants to somebody who can't count it: %d\n", time, n, counter[n]) }
#endif
  od
}

proctype Clock() {
end:
  do
  :: d_step { time < HORIZON && client[0].phase != idle && IN_TIME(0) && IN_TIME(1) && !BOTH ->
       time++;
       do
       :: j < NODES ->
          votes[j] = (votes[j] <= time -> 0 : votes[j]);
          client[0].from[j] = (client[0].from[j] <= time -> 0 : client[0].from[j]);
          client[1].from[j] = (client[1].from[j] <= time -> 0 : client[1].from[j]);
          j++
       :: else -> break
       od;
       j = 0 }
  od
}

init {
  byte i, n;
  atomic {
    run Clock();
    for (n : 0 .. NODES - 1) { run Node(n) }
    for (i : 0 .. 1) {
      run Acquisition(i);
      for (n : 0 .. NODES - 1) { run Wire(i, n) }
    }
    i = 0; n = 0
  }
}
