import { type Brief, InksealError, type WordMark } from "@inkseal/core";
import type {
  ChatHistoryItem,
  ChatModelFunctions,
  ChatWrapper,
  LlamaChatResponseFunctionCallParamsChunk,
} from "node-llama-cpp";
import { toolChoiceOf, toolsOf } from "../remote/turns.ts";
import type { Flow } from "./flow.ts";
import { functionsOf, historyOf } from "./llama-history.ts";
import type { TextSlot, Use } from "./llama-models.ts";
import { ContextFull, speakChoices } from "./llama-run.ts";
import { grammarOf, samplingOf } from "./llama-sampling.ts";

interface Work {
  readonly brief: Brief;
  readonly seed: number | undefined;
  readonly wordMark: WordMark | undefined;
  readonly use: Use<TextSlot>;
  readonly flow: Flow;
  readonly signal: AbortSignal;
}
type Say = (chunk: { readonly toolCalls: { call: number; id?: string; name?: string; arguments: string }[] }) => void;

/**
 * Answers a conversation in the form that the model was trained on (its chat template), thinking apart from the answer,
 * calling tools where there are some. Throws `cannot-do` for a schema or grammar beside tools.
 */
export async function chat(work: Work): Promise<void> {
  const { brief, seed, use, signal } = work;
  const { library } = use.runtime;
  const history = await historyOf(brief, signal);
  const { functions, must } = toolsFor(brief);
  const grammar = await grammarOf(brief.controls, use.runtime);
  if (grammar !== undefined && functions !== undefined)
    throw new InksealError("cannot-do", "llama.cpp takes tools or a schema, not both at once", { param: "tools" });
  const wrapper = must ? calling(use.wrapper(), library.LlamaText("")) : use.wrapper();
  const prompt = promptOf(wrapper, history, functions).tokenize(use.model.tokenizer);
  await speakChoices({ ...work, prompt, bound: grammar !== undefined }, async (slot, index, room, say) => {
    const session = new library.LlamaChat({ contextSequence: slot.sequence, chatWrapper: wrapper });
    try {
      const { metadata } = await session.generateResponse(history, {
        ...samplingOf(brief.controls, seed, index, slot.context.contextSize),
        maxTokens: room,
        signal,
        contextShift: {
          size: 1,
          strategy: () => {
            throw new ContextFull();
          },
        },
        onResponseChunk: ({ segmentType, text }) => {
          if (text !== "") say(segmentType === undefined ? { text } : { reasoning: text });
        },
        ...(functions !== undefined
          ? {
              functions,
              onFunctionCallParamsChunk: callsTo(say, `call_${index}_`, callsIn(history)),
              ...(oneCall(brief) && { maxParallelFunctionCalls: 1 }),
            }
          : { ...(grammar !== undefined && { grammar }) }),
      });
      return metadata.stopReason;
    } finally {
      session.dispose({ disposeSequence: false });
    }
  });
}

function toolsFor(brief: Brief): { readonly functions: ChatModelFunctions | undefined; readonly must: boolean } {
  const tools = toolsOf(brief);
  const choice = toolChoiceOf(brief);
  if (tools.length === 0 || choice === "none") return { functions: undefined, must: false };
  if (typeof choice !== "object") return { functions: functionsOf(tools), must: choice === "required" };
  const named = tools.filter((t) => t.name === choice.name);
  if (named.length === 0)
    throw new InksealError("bad-request", "tool_choice names a tool that is not there", { param: "tool_choice" });
  return { functions: functionsOf(named), must: true };
}

const oneCall = (brief: Brief): boolean => brief.wire?.params.parallel_tool_calls === false;

/** The same wrapper, but its answers begin with a call. */
function calling(wrapper: ChatWrapper, nothing: ReturnType<ChatWrapper["generateFunctionCall"]>): ChatWrapper {
  const must: ChatWrapper = Object.create(wrapper);
  must.generateContextState = (options) => {
    const { contextText, stopGenerationTriggers } = wrapper.generateContextState(options);
    const last = options.chatHistory.at(-1);
    const called = last?.type === "model" && last.response.some((r) => typeof r === "object" && r.type === "functionCall");
    return called
      ? { contextText, stopGenerationTriggers }
      : { contextText, stopGenerationTriggers, noPrefixTrigger: { type: "functionCall", inject: nothing } };
  };
  return must;
}

/** What the library will put before the answer. */
function promptOf(
  wrapper: ChatWrapper,
  history: readonly ChatHistoryItem[],
  functions: ChatModelFunctions | undefined,
): ReturnType<ChatWrapper["generateFunctionCall"]> {
  const open: readonly ChatHistoryItem[] =
    history.at(-1)?.type === "model" ? history : [...history, { type: "model", response: [] }];
  return wrapper.generateContextState({
    chatHistory: open,
    ...(functions !== undefined && { availableFunctions: functions }),
  }).contextText;
}

const callsIn = (history: readonly ChatHistoryItem[]): number =>
  history
    .flatMap((h) => (h.type === "model" ? h.response : []))
    .filter((r) => typeof r === "object" && r.type === "functionCall").length;

/** Calls as deltas, each with an id that the conversation does not have yet; a call without arguments says `{}`. */
function callsTo(say: Say, prefix: string, before: number): (chunk: LlamaChatResponseFunctionCallParamsChunk) => void {
  const begun = new Map<number, string>();
  return ({ callIndex: call, functionName: name, paramsChunk, done }) => {
    const said = begun.get(call);
    const text = done && `${said ?? ""}${paramsChunk}`.trim() === "" ? "{}" : paramsChunk;
    begun.set(call, `${said ?? ""}${text}`);
    if (said === undefined) say({ toolCalls: [{ call, id: `${prefix}${before + call}`, name, arguments: text }] });
    else if (text !== "") say({ toolCalls: [{ call, arguments: text }] });
  };
}
