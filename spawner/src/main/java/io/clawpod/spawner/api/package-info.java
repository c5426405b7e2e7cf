/**
 * The spawner's own REST API under /v1. Reads requests into the domain and writes the domain as JSON, SSE and problems;
 * decides nothing about sessions.
 */
@NullMarked
package io.clawpod.spawner.api;

import org.jspecify.annotations.NullMarked;
