"""Language models: any OpenAI-compatible endpoint, failover between several, one embedded, one scripted."""
