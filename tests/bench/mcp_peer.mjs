// mcp_peer.mjs NODE_MODULES: a server of the MCP SDK whose one tool answers with 8 KiB, in both forms.
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const sdk = (name) => import(pathToFileURL(path.resolve(process.argv[2], '@modelcontextprotocol/sdk/dist/esm', name)));
const { Server } = await sdk('server/index.js');
const { StdioServerTransport } = await sdk('server/stdio.js');
const { CallToolRequestSchema, ListToolsRequestSchema } = await sdk('types.js');

const output = 'the quick brown fox jumps over the lazy dog, and over it\n'.repeat(150).slice(0, 8192);
const server = new Server({ name: 'peer', version: '1' }, { capabilities: { tools: {} } });
const tool = { name: 'shell_read', inputSchema: { type: 'object' } };
server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [tool] }));
server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: 'text', text: output }], structuredContent: { output } }));
await server.connect(new StdioServerTransport());
