import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

/** An HTTP answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One request through Node's client. Rejects when the connection ends without an answer. */
export function send(
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Sending,
): Promise<Answer> {
  // Node sends a body of a DELETE without saying so.
  const announce = body !== undefined && headers['transfer-encoding'] === undefined;
  const length = announce && { 'content-length': Buffer.byteLength(body) };
  const sending = { method, path, headers: { ...length, ...headers }, ...(body !== undefined && { body }) };
  return attempt(port, sending, 1);
}

/** A kept connection may have been closed by the server before it saw the request: that is tried once more. */
async function attempt(port: number, sending: Sending, retries: number): Promise<Answer> {
  let reused = false;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const { method, path, headers, body } = sending;
      const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const { statusCode = 0, headers, rawHeaders } = incoming;
          resolve(answer(statusCode, headers, rawHeaders, Buffer.concat(chunks).toString('utf8')));
        });
      });
      outgoing.on('error', (failure) => {
        reused = outgoing.reusedSocket;
        reject(failure);
      });
      outgoing.end(body);
    });
  } catch (failure) {
    if (!reused || retries === 0) throw failure;
    return attempt(port, sending, retries - 1);
  }
}

function answer(
  status: number,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  text: string,
): Answer {
  return { status, headers, rawHeaders, text, json: asJson(text) };
}

function asJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A connection on which a test writes whatever bytes it likes. */
export class Wire {
  private received = Buffer.alloc(0);
  private ended = false;
  private wake: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    for (const event of ['end', 'close', 'error'] as const) {
      socket.on(event, () => {
        this.ended = true;
        this.wake();
      });
    }
  }

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Wire(socket)));
    });
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The next answer; undefined when the connection ends without one. */
  async answer(method = 'POST'): Promise<Answer | undefined> {
    for (;;) {
      const parsed = this.take(method);
      if (parsed || this.ended) return parsed;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async closed(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** Everything that came and was not taken as an answer. */
  get rest(): string {
    return this.received.toString('latin1');
  }

  destroy(): void {
    this.socket.destroy();
  }

  private take(method: string): Answer | undefined {
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [start = '', ...lines] = this.received.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(start.split(' ')[1]);
    const pairs = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
    const announced = Number(headers['content-length'] ?? Number.NaN);
    const bodiless = method === 'HEAD' || status === 204 || status === 304;
    const untilClose = Number.isNaN(announced) && !bodiless;
    if (untilClose && !this.ended) return undefined;
    const length = bodiless ? 0 : untilClose ? this.received.length - end - 4 : announced;
    if (this.received.length < end + 4 + length) return undefined;
    const text = this.received.subarray(end + 4, end + 4 + length).toString('utf8');
    this.received = this.received.subarray(end + 4 + length);
    return answer(status, headers, pairs.flat(), text);
  }
}

/** Writes these bytes on a connection of its own and takes one answer. */
export async function exchange(
  port: number,
  bytes: string | Buffer,
  method?: string,
): Promise<Answer | undefined> {
  const wire = await Wire.open(port);
  try {
    wire.write(bytes);
    return await wire.answer(method);
  } finally {
    wire.destroy();
  }
}

/** A request head, one line a string, with the blank line that ends it. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}
