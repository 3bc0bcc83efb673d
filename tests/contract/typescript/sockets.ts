// A follower of topics as a front end has it, typed by the generated messages; compiled, never run.
import type { components } from "./build/sockets";

type ClientMessage = components["schemas"]["ClientMessage"];
type ServerMessage = components["schemas"]["ServerMessage"];
type Event = Extract<ServerMessage, { type: "event" }>;
type ChatSaid = components["schemas"]["ChatServerMessage"];
type ScannerSaid = components["schemas"]["ScannerServerMessage"];

export class Follower {
  private readonly last = new Map<string, number>();

  constructor(
    private readonly address: string,
    private readonly ticket: () => Promise<string>,
    private readonly happened: (event: Event) => void,
  ) {}

  async open(names: string[]): Promise<WebSocket> {
    const socket = new WebSocket(this.address, ["algoagent.v1", `ticket.${await this.ticket()}`]);
    const topics = names.map((name) => ({ name, after: this.last.get(name) ?? null }));
    socket.onopen = () => this.say(socket, { type: "subscribe", topics });
    socket.onmessage = (message) => this.take(JSON.parse(String(message.data)) as ServerMessage);
    return socket;
  }

  private say(socket: WebSocket, message: ClientMessage): void {
    socket.send(JSON.stringify(message));
  }

  private take(message: ServerMessage): void {
    switch (message.type) {
      case "event":
        this.last.set(message.topic, message.seq);
        return this.happened(message);
      case "resync":
      case "subscribed":
        this.last.set(message.topic, message.seq);
        return;
      case "state":
        return console.log(message.key, message.data);
      case "error":
        return console.error(message.code, message.message, message.topic ?? "");
      case "hello":
        return console.log(message.limits.topics);
      case "pong":
        return;
      default: {
        const nothing: never = message;
        throw new Error(String(nothing));
      }
    }
  }
}

export function shown(message: ChatSaid): string {
  return message.type === "message" ? JSON.stringify(message.message) : message.type;
}

export function signalled(message: ScannerSaid): string {
  return message.type === "signal" ? `${message.seq} ${message.created_at}` : message.type;
}

const asked: ClientMessage = { type: "subscribe", topics: [{ name: "scanner" }] };
// @ts-expect-error  A topic has a name.
const nameless: ClientMessage = { type: "subscribe", topics: [{ after: 1 }] };
// @ts-expect-error  A kind of message that there is not.
const shouted: ClientMessage = { type: "shout" };
// @ts-expect-error  An event has a number.
const numberless: Event = { type: "event", topic: "scanner", event: "signal", data: {}, created_at: "" };
export { asked, nameless, shouted, numberless };
