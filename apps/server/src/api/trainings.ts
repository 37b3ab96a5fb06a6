import { NewTraining, type TrainingAnswer } from "@inkseal/client";
import { InksealError, type InputFile } from "@inkseal/core";
import type { TrainingRecord } from "@inkseal/pipeline";
import type { FastifyRequest } from "fastify";
import { tarOf, tarSize } from "../lab/tar.ts";
import type { Trainings } from "../lab/trainings.ts";
import { parsePart } from "../route.ts";
import { readForm } from "../v1/multipart.ts";
import { EventStream } from "./event-stream.ts";
import type { Handlers } from "./handlers.ts";

type Names =
  | "listTrainings"
  | "startTraining"
  | "recordTraining"
  | "getTraining"
  | "watchTraining"
  | "resumeTraining"
  | "stopTraining"
  | "deleteTraining"
  | "getTrainedModel";

export function trainingHandlers(trainings: Trainings): Pick<Handlers, Names> {
  const answer = async (name: string): Promise<TrainingAnswer> => ({
    training: await trainings.info(name),
    config: await trainings.config(name),
  });
  return {
    listTrainings: async () => ({ trainings: await trainings.list() }),
    startTraining: async ({ request }) => {
      const { training, files } = await newTraining(request);
      await trainings.start(training, files, request.actor);
      return await answer(training.name);
    },
    recordTraining: async ({ body, request }) => {
      const { id: actor, source } = request.actor;
      return { row: await trainings.append({ ...body, actor, source } as TrainingRecord) };
    },
    getTraining: ({ params }) => answer(params.name),
    watchTraining: async ({ params, reply }) => {
      await trainings.info(params.name);
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const stream = new EventStream(reply);
      try {
        for await (const event of trainings.events(params.name, gone.signal)) if (!(await stream.send(event))) break;
      } finally {
        stream.end();
      }
      return reply;
    },
    resumeTraining: async ({ params, body, request }) => {
      await trainings.resume(params.name, body.steps, request.actor);
      return await answer(params.name);
    },
    stopTraining: async ({ params, request }) => {
      await trainings.stop(params.name, request.scopes.includes("admin") ? undefined : request.actor.id);
      return await answer(params.name);
    },
    deleteTraining: async ({ params }) => {
      await trainings.remove(params.name);
      return undefined;
    },
    getTrainedModel: async ({ params, reply }) => {
      await trainings.info(params.name);
      const files = await trainings.modelFiles(params.name);
      if (files.length === 0) throw new InksealError("not-found", "this training has no finished model yet", { param: "name" });
      reply.headers({
        "content-type": "application/x-tar",
        "content-length": tarSize(files),
        "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(params.name)}.tar`,
      });
      return reply.send(tarOf(files, Date.now()));
    },
  };
}

/** As JSON, or as a form: `training` (JSON) and files. */
async function newTraining(request: FastifyRequest): Promise<{ training: NewTraining; files: readonly InputFile[] }> {
  if (!request.isMultipart()) return { training: parsePart(NewTraining, request.body), files: [] };
  const form = await readForm(request);
  const text = form.fields.training;
  if (typeof text !== "string")
    throw new InksealError("bad-request", "training: the form has no such field", { param: "training" });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InksealError("bad-json", "training: the field is not valid JSON", { param: "training" });
  }
  return { training: parsePart(NewTraining, json), files: form.files };
}
