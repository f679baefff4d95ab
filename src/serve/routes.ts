/** Every route there is: the server, its description and its tests are made from this table. */
import type { Route } from './route.js'
import { actRoutes } from './routes/acts.js'
import { imageRoutes } from './routes/images.js'
import { jobRoutes } from './routes/jobs.js'
import { monitoringRoutes } from './routes/monitoring.js'
import { originalRoutes } from './routes/original.js'
import { pageRoutes } from './routes/page.js'

export const routes: readonly Route[] = [
  ...originalRoutes,
  ...jobRoutes,
  ...actRoutes,
  ...imageRoutes,
  ...monitoringRoutes(() => routes),
  ...pageRoutes,
]
