// tests/agents/model.mjs: a model that follows a script, on this host's loopback. It speaks what each agent's own model
// speaks: the Messages API (claude), the Responses API (codex), generateContent (gemini) and chat completions (opencode).
//
// A request holds the whole conversation so far, so the model keeps no state: what it answers follows from that alone.
import http from 'node:http';

// The text of what may be a text, a block of one, or a list of them.
function flat(value) {
  if (Array.isArray(value)) return value.map(flat).join('');
  return typeof value === 'string' ? value : value?.text ?? '';
}

// The blocks of one type in the messages of the Messages API.
function blocks(messages, type) {
  return messages.flatMap((message) => (Array.isArray(message.content) ? message.content : [])).filter((block) => block.type === type);
}

// Of the results, the one of a call.
const shownOf = (results, id, member, text) => flat(results.find((result) => result[member] === id)?.[text]) || undefined;

// One for each API: whether a request is of it; what the request holds (`prompt`, `tools` by name, `calls` with what the
// model was shown of each); and the answer that calls a tool, or ends with a text.
const apis = [
  {
    takes: (path) => path.endsWith('/v1/messages'),
    read: (request) => ({
      prompt: [flat(request.system), ...request.messages.map((message) => flat(message.content))].join('\n'),
      tools: (request.tools ?? []).map((tool) => [tool.name, tool.name]),
      calls: blocks(request.messages, 'tool_use').map((use) => ({
        name: use.name,
        shown: shownOf(blocks(request.messages, 'tool_result'), use.id, 'tool_use_id', 'content'),
      })),
    }),
    events: (request, call) => {
      const block = call ? { type: 'tool_use', id: call.id, name: call.name, input: {} } : { type: 'text', text: '' };
      const delta = call ? { type: 'input_json_delta', partial_json: call.json } : { type: 'text_delta', text: 'done' };
      const message = { id: 'msg', type: 'message', role: 'assistant', model: request.model, content: [], stop_reason: null, stop_sequence: null };
      return [
        { type: 'message_start', message: { ...message, usage: { input_tokens: 1, output_tokens: 1 } } },
        { type: 'content_block_start', index: 0, content_block: block },
        { type: 'content_block_delta', index: 0, delta },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: call ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } },
        { type: 'message_stop' },
      ];
    },
  },
  {
    takes: (path) => path.endsWith('/responses'),
    read: (request) => ({
      prompt: [request.instructions, ...request.input.map((item) => flat(item.content))].join('\n') + JSON.stringify(request.tools ?? []),
      tools: (request.tools ?? []).flatMap(
        (tool) => tool.tools?.map((inner) => [inner.name, { namespace: tool.name, name: inner.name }]) ?? [[tool.name ?? '', tool.name]]),
      calls: request.input.filter((item) => item.type === 'function_call').map((use) => ({
        name: use.name,
        shown: shownOf(request.input.filter((item) => item.type === 'function_call_output'), use.call_id, 'call_id', 'output'),
      })),
    }),
    events: (request, call) => [
      { type: 'response.created', response: { id: 'r' } },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: call
          ? { type: 'function_call', id: `fc_${call.id}`, call_id: call.id, arguments: call.json, ...(call.name.name ? call.name : { name: call.name }) }
          : { type: 'message', role: 'assistant', id: 'm', content: [{ type: 'output_text', text: 'done' }] },
      },
      { type: 'response.completed', response: { id: 'r', usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } } },
    ],
  },
  {
    takes: (path) => /:(stream)?generateContent$/i.test(path),
    read: (request) => {
      const parts = request.contents.flatMap((content) => content.parts);
      const shown = parts.filter((part) => part.functionResponse).map((part) => part.functionResponse.response);
      return {
        prompt: flat(request.systemInstruction?.parts) + parts.map(flat).join('\n'),
        tools: (request.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []).map((tool) => [tool.name, tool.name]),
        calls: parts.filter((part) => part.functionCall).map((part, i) => ({
          name: part.functionCall.name,
          shown: shown[i]?.output ?? JSON.stringify(shown[i]),
        })),
      };
    },
    events: (request, call) => {
      const part = call ? { functionCall: { name: call.name, args: call.args } } : { text: 'done' };
      return [{
        candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
        usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
      }];
    },
    whole: (events) => events[0],
  },
  {
    takes: (path) => path.endsWith('/chat/completions'),
    read: (request) => ({
      prompt: request.messages.map((message) => flat(message.content)).join('\n'),
      tools: (request.tools ?? []).map((tool) => [tool.function.name, tool.function.name]),
      calls: request.messages.flatMap((message) => message.tool_calls ?? []).map((use) => ({
        name: use.function.name,
        shown: shownOf(request.messages, use.id, 'tool_call_id', 'content'),
      })),
    }),
    events: (request, call) => {
      const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: request.model };
      const chunk = (delta, finish_reason) => ({ ...head, choices: [{ index: 0, delta, finish_reason }] });
      const use = call && { index: 0, id: call.id, type: 'function', function: { name: call.name, arguments: call.json } };
      return [
        chunk(call ? { role: 'assistant', tool_calls: [use] } : { role: 'assistant', content: 'done' }, null),
        { ...chunk({}, call ? 'tool_calls' : 'stop'), usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } },
        '[DONE]',
      ];
    },
  },
];


function send(res, events) {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    if (event.type) res.write(`event: ${event.type}\n`);
    res.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  }
  res.end();
}

// Starts it. `next(CONVERSATION)` is the script: { tool, args } or nothing to end; the tool's name is without what the
// agent has put before it. Resolves to { port, close() }.
export function startModel(next) {
  const server = http.createServer(async (req, res) => {
    let body = '';
    for await (const bytes of req) body += bytes;
    const path = req.url.split('?')[0];
    const api = apis.find((one) => one.takes(path));
    if (!api || req.method !== 'POST') {
      res.writeHead(404, { 'content-type': 'application/json' });
      return res.end('{"error": {"message": "there is no such thing"}}');
    }
    const request = JSON.parse(body);
    const conversation = api.read(request);
    const step = conversation.tools.length ? next(conversation) : undefined;
    const tool = step && conversation.tools.find(([name]) => name === step.tool || name.endsWith(`_${step.tool}`));
    const call = tool && { id: `call_${conversation.calls.length}`, name: tool[1], args: step.args, json: JSON.stringify(step.args) };
    const events = api.events(request, call);
    if (api.whole && !/stream/.test(path)) {
      res.writeHead(200, { 'content-type': 'application/json' });
      return res.end(JSON.stringify(api.whole(events)));
    }
    return send(res, events);
  });
  return new Promise((resolve) => {
    const close = () => {
      server.close();
      server.closeAllConnections();
    };
    server.listen(0, '127.0.0.1', () => resolve({ port: server.address().port, close }));
  });
}
