type Body = Record<string, unknown>;

/** A whole answer of OpenAI's Responses API: the last user words back, `tools` a call, `cut-short` an incomplete one. */
export function responseOf(model: string, words: string): Body {
  const item =
    model === "tools"
      ? {
          id: "fc_1",
          type: "function_call",
          status: "completed",
          call_id: "call_1",
          name: "weather",
          arguments: '{"city":"Xi\'an"}',
        }
      : {
          id: "msg_1",
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: words, annotations: [], logprobs: [] }],
        };
  return {
    id: "resp_up",
    object: "response",
    created_at: 1_700_000_000,
    status: model === "cut-short" ? "incomplete" : "completed",
    error: null,
    incomplete_details: model === "cut-short" ? { reason: "max_output_tokens" } : null,
    model,
    output: [{ id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: "thinking" }] }, item],
    usage: {
      input_tokens: 9,
      input_tokens_details: { cached_tokens: 3 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 13,
    },
    x_unknown: { kept: true },
  };
}

/** The same as the events of a stream. */
export function responseEvents(model: string, words: string): readonly string[] {
  const whole = responseOf(model, words);
  let sequence_number = 0;
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...data })}\n\n`;
  const begun = { response: { ...whole, status: "in_progress", output: [], usage: null } };
  const place = { item_id: "msg_1", output_index: 1, content_index: 0 };
  const events = [
    event("response.created", begun),
    event("response.in_progress", begun),
    event("response.reasoning_summary_text.delta", { item_id: "rs_1", output_index: 0, summary_index: 0, delta: "thinking" }),
  ];
  if (model === "failed")
    return [
      ...events,
      event("response.failed", { response: { ...whole, status: "failed", error: { message: "it fell over" } } }),
    ];
  if (model === "tools") {
    const item = { id: "fc_1", type: "function_call", call_id: "call_1", name: "weather", arguments: "" };
    events.push(event("response.output_item.added", { output_index: 1, item }));
    for (const delta of ['{"city":', '"Xi\'an"}'])
      events.push(event("response.function_call_arguments.delta", { item_id: "fc_1", output_index: 1, delta }));
  } else {
    events.push(event("response.output_item.added", { output_index: 1, item: { id: "msg_1", type: "message", content: [] } }));
    for (const delta of words.match(/\S+\s*/g) ?? [])
      events.push(event("response.output_text.delta", { ...place, delta, logprobs: [] }));
    events.push(event("response.output_text.done", { ...place, text: words, logprobs: [] }));
  }
  if (model === "cut") return events;
  return [...events, event(model === "cut-short" ? "response.incomplete" : "response.completed", { response: whole })];
}
