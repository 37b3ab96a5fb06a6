import type { Brief, RunEvent } from "@inkseal/core";
import { type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** GenAI operation names of OpenTelemetry's semantic conventions, by task. */
const operations: Readonly<Record<string, string>> = {
  chat: "chat",
  completion: "text_completion",
  infill: "text_completion",
  embedding: "embeddings",
};

/** One run as metrics and traces see it. */
export interface RunSpan {
  on(event: RunEvent): void;
  end(): void;
}

/** Prometheus counters and OpenTelemetry spans of runs; no words of users in either. */
export class Telemetry {
  readonly registry = new Registry();
  readonly #tracer = trace.getTracer("inkseal");
  readonly #runs = new Counter({
    name: "inkseal_runs_total",
    help: "Runs by task, engine and status",
    labelNames: ["task", "engine", "status"],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: "gen_ai_server_request_duration_seconds",
    help: "Seconds from brief to last byte",
    labelNames: ["task", "engine"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [this.registry],
  });
  readonly #first = new Histogram({
    name: "gen_ai_server_time_to_first_token_seconds",
    help: "Seconds from brief to first content",
    labelNames: ["task", "engine"],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  readonly #tokens = new Counter({
    name: "gen_ai_client_token_usage_total",
    help: "Tokens by direction",
    labelNames: ["engine", "direction"],
    registers: [this.registry],
  });
  readonly #findings = new Counter({
    name: "inkseal_findings_total",
    help: "Findings by hazard and stage",
    labelNames: ["hazard", "stage"],
    registers: [this.registry],
  });
  readonly #energy = new Counter({
    name: "inkseal_energy_joules_total",
    help: "Modelled or measured energy",
    labelNames: ["engine"],
    registers: [this.registry],
  });
  readonly #now: () => number;
  /** Series by their labels: prom-client finds one anew in 3 µs each time, which is a tenth of a run. */
  readonly #series = new Map<string, Series>();

  constructor(now: () => number, inFlight: () => number) {
    this.#now = now;
    new Gauge({
      name: "inkseal_runs_in_flight",
      help: "Runs in flight",
      registers: [this.registry],
      collect() {
        this.set(inFlight());
      },
    });
    new Gauge({
      name: "process_resident_memory_bytes",
      help: "Resident memory",
      registers: [this.registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  begin(brief: Brief): RunSpan {
    const startedAt = this.#now();
    const task = brief.task;
    const span: Span = this.#tracer.startSpan(`${operations[task] ?? task} ${brief.model ?? ""}`.trim(), {
      kind: SpanKind.CLIENT,
      attributes: {
        "gen_ai.operation.name": operations[task] ?? task,
        "gen_ai.request.model": brief.model,
        "gen_ai.request.temperature": brief.controls.temperature,
        "gen_ai.request.max_tokens": brief.controls.maxTokens,
      },
    });
    let engine = "";
    let first = true;
    let status = "cancelled";
    return {
      on: (event) => {
        switch (event.type) {
          case "started":
            engine = event.engine;
            if (span.isRecording())
              span.setAttributes({
                "gen_ai.provider.name": engine,
                "gen_ai.response.model": event.model,
                "inkseal.run": event.run,
              });
            break;
          case "delta":
          case "artifact":
            if (first) this.#of(task, engine).first.observe((this.#now() - startedAt) / 1000);
            first = false;
            break;
          case "findings":
            for (const f of event.findings) this.#findings.inc({ hazard: f.hazard, stage: f.stage });
            break;
          case "finished":
            status = "done";
            this.#of(task, engine).input.inc(event.usage.inputTokens ?? 0);
            this.#of(task, engine).output.inc(event.usage.outputTokens ?? 0);
            if (event.usage.energy) this.#of(task, engine).energy.inc(event.usage.energy);
            if (span.isRecording())
              span.setAttributes({
                "gen_ai.usage.input_tokens": event.usage.inputTokens,
                "gen_ai.usage.output_tokens": event.usage.outputTokens,
              });
            break;
          case "failed":
            status = event.error.code;
            span.setStatus({ code: SpanStatusCode.ERROR, message: event.error.code });
            span.setAttribute("error.type", event.error.code);
            break;
        }
      },
      end: () => {
        if (status === "done") this.#of(task, engine).done.inc();
        else this.#runs.inc({ task, engine, status });
        this.#of(task, engine).seconds.observe((this.#now() - startedAt) / 1000);
        span.end();
      },
    };
  }

  #of(task: string, engine: string): Series {
    const key = `${task} ${engine}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = {
        done: this.#runs.labels({ task, engine, status: "done" }),
        seconds: this.#seconds.labels({ task, engine }),
        first: this.#first.labels({ task, engine }),
        input: this.#tokens.labels({ engine, direction: "input" }),
        output: this.#tokens.labels({ engine, direction: "output" }),
        energy: this.#energy.labels({ engine }),
      };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** What one task on one engine counts. */
interface Series {
  readonly done: Counter.Internal;
  readonly seconds: Histogram.Internal<string>;
  readonly first: Histogram.Internal<string>;
  readonly input: Counter.Internal;
  readonly output: Counter.Internal;
  readonly energy: Counter.Internal;
}
