import type { ServerResponse } from "node:http";
import { recordingServer, type Upstream } from "./recording-server.ts";
import { tinyPng } from "./upstream.ts";

type Body = Record<string, unknown>;
const send = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

/**
 * A Stable Diffusion web UI on loopback. Misbehaves by checkpoint: `slow` (paints until interrupted), `broken` (500),
 * `html`, `no-picture` (text for a PNG), `cut` (closes early).
 * @see https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/master/modules/api/api.py
 */
export function startAutomatic1111(): Promise<Upstream> {
  const painting = new Set<ServerResponse>();
  return recordingServer(({ path, body }, response) => {
    if (path === "/sdapi/v1/sd-models")
      return send(
        response,
        ["sd15", "slow"].map((model_name) => ({ title: `${model_name}.safetensors [abc]`, model_name })),
      );
    if (path.startsWith("/sdapi/v1/progress")) return send(response, { progress: 0.5, eta_relative: 1, state: {} });
    if (path === "/sdapi/v1/interrupt") {
      for (const waiting of painting) send(waiting, { images: [], info: "{}" });
      painting.clear();
      return send(response, null);
    }
    const { sd_model_checkpoint: model } = (body.override_settings ?? {}) as { sd_model_checkpoint?: string };
    if (model === "slow") return void painting.add(response);
    if (model === "broken") return send(response, { error: "OutOfMemoryError", detail: "", body: "", errors: "CUDA" }, 500);
    if (model === "html") return void response.writeHead(200, { "content-type": "text/html" }).end("<html>");
    if (model === "no-picture") return send(response, { images: [Buffer.from("words").toString("base64")], info: "{}" });
    if (model === "cut") {
      response.writeHead(200, { "content-length": 1000 }).write('{"images":');
      return void setTimeout(() => response.destroy(), 5);
    }
    const n = Number(body.batch_size ?? 1);
    const seed = Number(body.seed);
    const png = tinyPng(64, 64).toString("base64");
    send(response, {
      images: Array.from({ length: n }, () => png),
      parameters: body,
      info: JSON.stringify({ seed, all_seeds: Array.from({ length: n }, (_, i) => seed + i) }),
    });
  });
}

interface Graph {
  readonly [node: string]: { readonly class_type: string; readonly inputs: Body };
}

/**
 * A ComfyUI on loopback: queue, history, view, upload. Misbehaves by checkpoint: `slow` (paints until interrupted),
 * `missing` (refused with node_errors), `broken` (fails while it runs), `no-picture` (text for a PNG), `lost` (forgets the prompt).
 * @see https://github.com/comfyanonymous/ComfyUI/blob/master/server.py
 */
export function startComfyui(): Promise<Upstream> {
  const running = new Map<string, Graph>();
  const history = new Map<string, Body>();
  let serial = 0;
  const images = (n: number): Body => ({
    outputs: {
      out: { images: Array.from({ length: n }, (_, i) => ({ filename: `p_${i}.png`, subfolder: "", type: "temp" })) },
    },
    status: { status_str: "success", completed: true, messages: [] },
  });
  return recordingServer(({ path, body, text }, response) => {
    if (path === "/object_info/CheckpointLoaderSimple")
      return send(response, {
        CheckpointLoaderSimple: { input: { required: { ckpt_name: [["sd15.safetensors", "slow"], { tooltip: "" }] } } },
      });
    if (path === "/upload/image") {
      const name = /name="image"; filename="([^"]+)"/.exec(text)?.[1];
      return send(response, { name, subfolder: "", type: /name="type"\r\n\r\n(\w+)/.exec(text)?.[1] ?? "input" });
    }
    if (path === "/prompt") return prompt(body.prompt as Graph, response);
    if (path.startsWith("/history/")) {
      const id = path.slice("/history/".length);
      const entry = history.get(id);
      return send(response, entry === undefined ? {} : { [id]: entry });
    }
    if (path === "/queue" && body.delete === undefined)
      return send(response, { queue_running: [...running.keys()].map((id, i) => [i, id, {}, {}, []]), queue_pending: [] });
    if (path === "/interrupt") running.clear();
    if (path.startsWith("/view")) {
      const words = path.includes("words");
      return void response
        .writeHead(200, { "content-type": words ? "text/plain" : "image/png" })
        .end(words ? "words" : tinyPng(64, 64));
    }
    response.writeHead(200).end();
  });

  function prompt(graph: Graph, response: ServerResponse): void {
    const model = Object.values(graph).find((n) => n.class_type === "CheckpointLoaderSimple")?.inputs.ckpt_name;
    if (model === "missing")
      return send(
        response,
        {
          error: { type: "prompt_outputs_failed_validation", message: "Prompt outputs failed validation" },
          node_errors: {
            model: {
              class_type: "CheckpointLoaderSimple",
              errors: [{ type: "value_not_in_list", message: "Value not in list", details: "ckpt_name: 'missing' not in []" }],
            },
          },
        },
        400,
      );
    const id = `prompt-${++serial}`;
    const latent = Object.values(graph).find((n) => /EmptyLatentImage|RepeatLatentBatch/.test(n.class_type))?.inputs;
    if (model === "slow") running.set(id, graph);
    else if (model === "broken")
      history.set(id, {
        outputs: {},
        status: {
          status_str: "error",
          completed: false,
          messages: [["execution_error", { node_type: "KSampler", exception_message: "out of memory" }]],
        },
      });
    else if (model === "no-picture")
      history.set(id, { outputs: { out: { images: [{ filename: "words", subfolder: "", type: "output" }] } } });
    else if (model !== "lost") history.set(id, images(Number(latent?.batch_size ?? latent?.amount ?? 1)));
    send(response, { prompt_id: id, number: serial, node_errors: {} });
  }
}
