/** A room of the page: what is below one address. */
import type { Facts } from './facts.js'
import type { Announce } from './news.js'

export interface Room {
  readonly title: string
  /** Its first heading gets the focus when somebody goes there. */
  readonly body: HTMLElement
  /** Called with news, and every second. Changes only what is different. */
  update?(facts: Facts): void
  /** Somebody goes elsewhere. */
  leave?(): void
}

export interface RoomPorts {
  readonly facts: Facts
  readonly announce: Announce
  readonly go: (address: string) => void
}

/** `argument`: what follows the name of the room in its address, decoded; empty when nothing does. */
export type OpenRoom = (argument: string, ports: RoomPorts) => Room
