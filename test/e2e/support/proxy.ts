import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a database, which a test cuts and restores. */
export class Proxy {
  private readonly sockets = new Set<Socket>();
  private mode: 'open' | 'refusing' | 'silent' = 'open';

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {}

  static async open(url: URL): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, { host: url.hostname, port: Number(url.port) });
    server.on('connection', (socket) => proxy.relay(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The database's URL by way of this proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String((this.server.address() as AddressInfo).port);
    return changed.href;
  }

  /** Every connection is reset, and every new one too. */
  cut(): void {
    this.mode = 'refusing';
    for (const socket of this.sockets) socket.destroy();
  }

  /** Connections stay, and nothing comes through any more. */
  silence(): void {
    this.mode = 'silent';
    for (const socket of this.sockets) socket.pause();
  }

  /** New connections work again. Those from before are gone. */
  restore(): void {
    for (const socket of this.sockets) socket.destroy();
    this.mode = 'open';
  }

  /** New connections work again. Those from before hang for ever, as when a host dies without a word. */
  heal(): void {
    this.mode = 'open';
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private relay(socket: Socket): void {
    if (this.mode === 'refusing') {
      socket.destroy();
      return;
    }
    this.keep(socket);
    if (this.mode === 'silent') {
      socket.pause();
      return;
    }
    const other = connect(this.target);
    this.keep(other);
    socket.pipe(other).pipe(socket);
    socket.once('close', () => other.destroy());
    other.once('close', () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
  }
}
