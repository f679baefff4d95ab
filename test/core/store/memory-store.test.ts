import { storeContract } from '../../contract/store-contract.js'
import { memoryFixture } from './memory-fixture.js'

storeContract('MemoryStore', memoryFixture)
