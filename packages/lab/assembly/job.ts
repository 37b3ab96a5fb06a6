// One job at a time: the calling thread writes its arguments, offers the items, works on them beside the workers and waits for the last.
// The ticket (generation, items left) is one 64-bit word, so that a worker that wakes late can never take an item of another job.
import { run } from "./kernels";

const TICKET: usize = 64; // i64: generation << 32 | items left
const DONE: usize = 128; // i32: items finished
const SLEEPING: usize = 192; // i32: workers in wait
const GENERATION: usize = 256; // i32: what sleepers wait on
const ARGS: usize = 320; // i32 or f32 each
const SPINS: i32 = 4000;

let mine: usize = 0;
let kernel: i32 = 0;

/** Where this thread's own scratch lies (bytes). */
export function setScratch(p: usize): void {
  mine = p;
}
@inline export function scratch(): usize {
  return mine;
}
@inline export function arg(i: i32): i32 {
  return load<i32>(ARGS + (<usize>i << 2));
}
@inline export function argF(i: i32): f32 {
  return load<f32>(ARGS + (<usize>i << 2));
}
export function args(): usize {
  return ARGS;
}

/** Takes one item; false when none is left. */
function takeOne(): bool {
  let ticket = atomic.load<i64>(TICKET);
  while (<i32>ticket > 0) {
    const seen = atomic.cmpxchg<i64>(TICKET, ticket, ticket - 1);
    if (seen == ticket) {
      run(load<i32>(ARGS - 4), <i32>ticket - 1);
      atomic.add<i32>(DONE, 1);
      return true;
    }
    ticket = seen;
  }
  return false;
}

/** Runs `items` items of a kernel on all threads; returns when all are finished. */
export function dispatch(id: i32, items: i32, threads: i32): void {
  if (threads <= 1 || items <= 1) {
    for (let i = items - 1; i >= 0; i--) run(id, i);
    return;
  }
  store<i32>(ARGS - 4, id);
  atomic.store<i32>(DONE, 0);
  const generation = atomic.load<i32>(GENERATION) + 1;
  atomic.store<i64>(TICKET, (<i64>generation << 32) | <i64>items);
  atomic.store<i32>(GENERATION, generation);
  if (atomic.load<i32>(SLEEPING) > 0) atomic.notify(GENERATION, threads - 1);
  while (takeOne()) {}
  while (atomic.load<i32>(DONE) < items) {}
}

/** Runs `count` jobs one after another: each is kernel, items, number of arguments, arguments (32-bit words), from `at` on. */
export function program(at: usize, count: i32, threads: i32): void {
  for (let i = 0; i < count; i++) {
    const n = load<i32>(at, 8);
    memory.copy(ARGS, at + 12, n << 2);
    dispatch(load<i32>(at), load<i32>(at, 4), threads);
    at += 12 + (<usize>n << 2);
  }
}

/** A worker's life: it takes items while there are any, looks a while for more, then sleeps. Ends with its thread. */
export function work(): void {
  while (true) {
    const generation = atomic.load<i32>(GENERATION);
    while (takeOne()) {}
    let spins = 0;
    while (atomic.load<i32>(GENERATION) == generation && spins < SPINS) spins++;
    if (spins == SPINS) {
      atomic.add<i32>(SLEEPING, 1);
      atomic.wait<i32>(GENERATION, generation, -1);
      atomic.sub<i32>(SLEEPING, 1);
    }
  }
}
