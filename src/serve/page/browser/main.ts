/** The page at `/`: one stream of news, one room at a time. What is where is in its address, so that it can be kept. */
import { signInHint } from './api.js'
import { byId, set, setText, show } from './element.js'
import { FactBook, newsSince } from './facts.js'
import { type Connection, listen } from './live.js'
import { announcer } from './news.js'
import type { OpenRoom, Room, RoomPorts } from './room.js'
import { openDuplicates } from './rooms/duplicates.js'
import { openImages } from './rooms/images.js'
import { openJob } from './rooms/job.js'
import { openJobs } from './rooms/jobs.js'
import { openSpeed } from './rooms/speed.js'
import { openStart } from './rooms/start.js'
import { openStuck } from './rooms/stuck.js'
import { clockText } from './words.js'

/** By the first word of the address after `#/`. */
const rooms: Readonly<Record<string, OpenRoom>> = {
  '': openJobs,
  jobs: openJob,
  stuck: openStuck,
  import: openStart,
  images: openImages,
  duplicates: openDuplicates,
  speed: openSpeed,
}

/** Durations of what runs go on between two news. */
const tickMs = 1000

const main = byId('main')
const facts = new FactBook()
const announce = announcer(byId('news'))
const ports: RoomPorts = { facts, announce, go }
let room: Room | null = null

function go(address: string): void {
  location.hash = address
}

function refresh(): void {
  room?.update?.(facts)
  const number = facts.stuck.length
  const badge = byId('stuck-count')
  show(badge, number > 0)
  setText(badge, String(number))
  const title = room?.title ?? ''
  document.title = `${number > 0 ? `(${number} stuck) ` : ''}${title} · wholesaler`
}

/** The focus goes along to the heading, but stays where the browser puts it when the page has just been opened. */
function enter(isFirst: boolean): void {
  const [, name = '', argument = ''] = /^#\/([^/]*)\/?(.*)$/.exec(location.hash) ?? []
  const open = rooms[argument === '' && name === 'jobs' ? '' : name] ?? openJobs
  room?.leave?.()
  room = open(decoded(argument), ports)
  main.replaceChildren(room.body)
  for (const link of document.querySelectorAll('nav a')) {
    const isCurrent = link.getAttribute('href') === `#/${name === 'jobs' ? '' : name}`
    set(link, 'aria-current', isCurrent ? 'page' : null)
  }
  refresh()
  if (isFirst) return
  window.scrollTo(0, 0)
  main.querySelector<HTMLElement>('h1')?.focus()
}

/** A hand may write any address. */
function decoded(argument: string): string {
  try {
    return decodeURIComponent(argument)
  } catch {
    return argument
  }
}

function tellConnection(connection: Connection): void {
  const { state } = connection
  const words = { connecting: 'connecting', live: 'live', lost: 'no connection', signed_out: 'signed out' }
  set(byId('connection'), 'data-state', state)
  setText(byId('connection'), words[state])
  const lost = byId('lost')
  show(lost, state === 'lost' || state === 'signed_out')
  if (state === 'signed_out') setText(lost, `The server does not let this browser in any more. ${signInHint}`)
  if (state === 'lost') {
    const since = clockText(connection.sinceMs, Date.now())
    setText(
      lost,
      `The connection is lost: what is shown here is from ${since}. Trying again by itself; jobs go on without this page.`,
    )
  }
}

document.querySelector('.skip')?.addEventListener('click', (event) => {
  // The address is that of the room: it is not to become `#main`.
  event.preventDefault()
  main.focus()
})
window.addEventListener('hashchange', () => enter(false))
enter(true)
listen({
  onConnection: tellConnection,
  onNews(news) {
    const before = facts.jobs
    facts.note(news)
    for (const text of newsSince(before, facts.jobs ?? [])) announce(text)
    refresh()
  },
})
setInterval(refresh, tickMs)
